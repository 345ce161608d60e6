package config

import (
	"bytes"
	"errors"
	"fmt"
	"sort"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// readFile lays the keys of a file over the fields. It goes on after a bad key,
// so that all of them are told at once; only a text that is no TOML ends it.
func (l *loader) readFile(name string, text []byte) {
	tree := map[string]any{}
	if err := toml.Unmarshal(text, &tree); err != nil {
		l.notTOML(name, err)
		return
	}
	lines := lineIndex(text)
	flat := map[string]any{}
	flatten("", tree, l.known(), flat)
	keys := make([]string, 0, len(flat))
	for k := range flat {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return lines[keys[i]] < lines[keys[j]] })
	for _, k := range keys {
		l.setKey(fmt.Sprintf("%s:%d", name, lines[k]), k, flat[k])
	}
}

func (l *loader) setKey(source, key string, v any) {
	f, ok := l.find(key)
	if !ok {
		l.add(Problem{Key: key, Reason: "there is no such key" + l.suggest(key), Source: source,
			WayOut: "remove it, or compare with the example file"})
		return
	}
	l.source[key] = source
	if err := f.set(v); err != nil {
		l.add(Problem{Key: key, Value: f.hide(fmt.Sprint(v)), Reason: err.Error(), Source: source})
	}
}

func (l *loader) notTOML(name string, err error) {
	p := Problem{Source: name, Reason: err.Error(), WayOut: "put the line right; values are in double quotes"}
	var d *toml.DecodeError
	if errors.As(err, &d) {
		line, column := d.Position()
		p.Source, p.Reason = fmt.Sprintf("%s:%d:%d", name, line, column), "this is not TOML: "+d.Error()
	}
	l.add(p)
}

// flatten turns nested tables into section.key. It stops at a known key, and
// names an unknown empty table by itself.
func flatten(at string, tree map[string]any, known map[string]bool, out map[string]any) {
	for k, v := range tree {
		key := k
		if at != "" {
			key = at + "." + k
		}
		sub, isTable := v.(map[string]any)
		switch {
		case isTable && len(sub) > 0:
			flatten(key, sub, known, out)
		case isTable && known[key]: // an empty section
		default:
			out[key] = v
		}
	}
}

// lineIndex finds the line of every key and table.
func lineIndex(text []byte) map[string]int {
	lines := map[string]int{}
	p := unstable.Parser{}
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		n := p.Expression()
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = noteLine(lines, "", n, text)
		case unstable.KeyValue:
			key := noteLine(lines, table, n, text)
			noteInline(lines, key, n.Value(), text)
		}
	}
	return lines
}

// noteInline goes into "section = { key = value }".
func noteInline(lines map[string]int, at string, v *unstable.Node, text []byte) {
	if v.Kind != unstable.InlineTable {
		return
	}
	for it := v.Children(); it.Next(); {
		if n := it.Node(); n.Kind == unstable.KeyValue {
			noteInline(lines, noteLine(lines, at, n, text), n.Value(), text)
		}
	}
}

func noteLine(lines map[string]int, at string, n *unstable.Node, text []byte) string {
	key, line := at, 0
	for it := n.Key(); it.Next(); {
		part := it.Node()
		if key != "" {
			key += "."
		}
		key += string(part.Data)
		if line == 0 {
			line = 1 + bytes.Count(text[:part.Raw.Offset], []byte("\n"))
		}
	}
	lines[key] = line
	return key
}
