package task

import (
	"bytes"
	"regexp"
	"strings"

	"patchmanager/internal/agentapi"
)

// credentials in a URL, as apt prints it from its sources. They end at the last
// @ before the path: a password may hold an @ of its own.
var credentials = regexp.MustCompile(`(://)[^/\s]*@`)

// escapes are terminal control sequences; the lines are shown in a browser.
var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]`)

const cutMark = " … (cut)"

// mask hides user names and passwords in URLs.
func mask(text string) string { return credentials.ReplaceAllString(text, "$1***@") }

// clean makes one line of output fit to be told: what a terminal would show at
// the end of it, valid UTF-8, without credentials, not too long.
func clean(line []byte) string {
	line = bytes.TrimRight(line, "\r\n")
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:]
	}
	text := escapes.ReplaceAllString(strings.ToValidUTF8(string(line), "\uFFFD"), "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return cut(mask(text))
}

func cut(text string) string {
	if len(text) <= agentapi.MaxLogLine {
		return text
	}
	return strings.ToValidUTF8(text[:agentapi.MaxLogLine-len(cutMark)], "") + cutMark
}

// maskError hides credentials in an error that quotes a tool.
func maskError(e *agentapi.Error) *agentapi.Error {
	if e == nil {
		return nil
	}
	masked := *e
	masked.Message = mask(e.Message)
	masked.Details = nil
	for _, d := range e.Details {
		d.Value, d.Message = mask(d.Value), mask(d.Message)
		masked.Details = append(masked.Details, d)
	}
	return &masked
}
