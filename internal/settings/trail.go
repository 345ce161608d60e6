package settings

import (
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"patchmanager/internal/apierr"
)

// Audit is how long the trail is kept, and where its checkpoints go besides.
type Audit struct {
	RetentionDays int    `json:"retention_days" minimum:"30" maximum:"3650" doc:"Older rows are pruned to a checkpoint."`
	Export        Export `json:"export" enum:"none,file,syslog" doc:"Where signed checkpoints are written outside of the database."`
	ExportPath    string `json:"export_path" maxLength:"1000" doc:"Exactly for export to a file: an absolute path that ends in .log, .jsonl or .txt."`
	SyslogAddress string `json:"syslog_address" maxLength:"300" doc:"For export to syslog: udp://host:port or tcp://host:port; empty: the machine's own."`
}

// Export is where checkpoints go.
type Export string

// Exports.
const (
	ExportNone   Export = "none"
	ExportFile   Export = "file"
	ExportSyslog Export = "syslog"
)

var trail = section[Audit]{
	name:     "audit",
	defaults: Audit{RetentionDays: 183, Export: ExportNone},
	check:    Audit.check,
}

func (v Audit) check() []apierr.Detail {
	bad := between(nil, "retention_days", v.RetentionDays, 30, 3650)
	if !slices.Contains([]Export{ExportNone, ExportFile, ExportSyslog}, v.Export) {
		bad = append(bad, apierr.Detail{Field: "export", Value: string(v.Export), Message: "Must be none, file or syslog."})
	}
	if v.Export == ExportFile && !isLogPath(v.ExportPath) {
		bad = append(bad, apierr.Detail{Field: "export_path", Value: v.ExportPath,
			Message: `Must be an absolute path that ends in .log, .jsonl or .txt, such as "/var/log/patch-manager/checkpoints.log".`})
	}
	if v.Export == ExportSyslog && v.SyslogAddress != "" && !isSyslog(v.SyslogAddress) {
		bad = append(bad, apierr.Detail{Field: "syslog_address", Value: v.SyslogAddress,
			Message: `Write it as "udp://syslog.example.com:514" or "tcp://192.0.2.1:514", or leave it empty for this machine's own.`})
	}
	return bad
}

// isLogPath keeps whoever may change settings from writing into files that some
// program obeys: those that programs read have other endings.
func isLogPath(p string) bool {
	return path.IsAbs(p) && path.Clean(p) == p && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' }) &&
		slices.Contains([]string{".log", ".jsonl", ".txt"}, path.Ext(p)) && path.Base(p) != path.Ext(p)
}

func isSyslog(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "udp" && u.Scheme != "tcp" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	host, port, err := net.SplitHostPort(u.Host)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && host != "" && n > 0
}

// normal drops what another export needs: an old path must not come back by a
// change of the export alone.
func (v Audit) normal() Audit {
	if v.ExportPath = strings.TrimSpace(v.ExportPath); v.Export != ExportFile {
		v.ExportPath = ""
	}
	if v.SyslogAddress = strings.TrimSpace(v.SyslogAddress); v.Export != ExportSyslog {
		v.SyslogAddress = ""
	}
	return v
}
