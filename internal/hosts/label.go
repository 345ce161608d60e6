package hosts

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Label is a word with a value that people write on hosts to find them again,
// such as env=production. A host has each key at most once.
type Label struct {
	Key   string `json:"key" maxLength:"63"`
	Value string `json:"value" maxLength:"128"`
}

// String is the label as people write it.
func (l Label) String() string {
	if l.Value == "" {
		return l.Key
	}
	return l.Key + "=" + l.Value
}

// Limits of labels. The rule of keys is that of the database.
const (
	maxLabels     = 32
	maxLabelValue = 128
)

var labelKey = regexp.MustCompile(`^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$`)

// ParseLabel reads "key=value" or "key".
func ParseLabel(text string) (Label, error) {
	l := splitLabel(text)
	if why := l.fault(); why != "" {
		return Label{}, fmt.Errorf("label %q: %s", text, why)
	}
	return l, nil
}

// splitLabel takes a label apart, right or wrong.
func splitLabel(text string) Label {
	key, value, _ := strings.Cut(text, "=")
	return Label{strings.TrimSpace(key), strings.TrimSpace(value)}
}

// fault says what is wrong with a label; empty when nothing is. A comma parts
// the labels of a filter and of a line of CSV, so no value has one.
func (l Label) fault() string {
	switch {
	case !labelKey.MatchString(l.Key):
		return "The key must be 1 to 63 small letters, digits, dots, slashes, dashes and underscores, with a letter or digit at both ends."
	case utf8.RuneCountInString(l.Value) > maxLabelValue || !utf8.ValidString(l.Value):
		return fmt.Sprintf("The value must have at most %d characters.", maxLabelValue)
	case strings.ContainsFunc(l.Value, func(r rune) bool { return r == ',' || !unicode.IsPrint(r) }):
		return "The value must be printable and have no comma."
	}
	return ""
}

// CheckLabels says what is wrong with a list of labels in an input.
func CheckLabels(field string, list []Label) []apierr.Detail {
	var bad []apierr.Detail
	if len(list) > maxLabels {
		bad = append(bad, apierr.Detail{Field: field, Value: fmt.Sprint(len(list)), Message: fmt.Sprintf("A host has at most %d labels.", maxLabels)})
	}
	seen := map[string]bool{}
	for i, l := range list {
		why := l.fault()
		if why == "" && seen[l.Key] {
			why = "This key is there already; a host has each key once."
		}
		seen[l.Key] = true
		if why != "" {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("%s[%d]", field, i), Value: l.String(), Message: why})
		}
	}
	return bad
}

// MergeLabels writes labels on a host that the caller has found under its
// actor's scope; a key that the host has gets the new value. More than a host
// may have refuses all of them.
func MergeLabels(ctx context.Context, tx db.Tx, host ids.ID, list []Label) error {
	if bad := CheckLabels("labels", list); len(bad) > 0 {
		return apierr.Invalid(bad...)
	}
	if len(list) == 0 {
		return nil
	}
	_, n, err := mergeLabels(ctx, tx, []ids.ID{host}, list)
	if err != nil {
		return err
	}
	if n > maxLabels {
		return apierr.Invalid(apierr.Detail{Field: "labels", Value: fmt.Sprint(n), Message: fmt.Sprintf("A host has at most %d labels.", maxLabels)})
	}
	return nil
}

// labelsOf makes labels of two columns of the same order.
func labelsOf(keys, values []string) []Label {
	list := make([]Label, len(keys))
	for i := range keys {
		list[i] = Label{keys[i], values[i]}
	}
	return list
}

// byKey parts the labels of a filter: those of one key are alternatives. A key
// alone stands for every value.
func byKey(texts []string) (map[string][]string, error) {
	keys := map[string][]string{}
	for i, text := range texts {
		l := splitLabel(text)
		if why := l.fault(); why != "" {
			return nil, apierr.Invalid(apierr.Detail{Field: fmt.Sprintf("label[%d]", i), Value: text, Message: `Must be "key" or "key=value". ` + why})
		}
		switch values, known := keys[l.Key]; {
		case !strings.Contains(text, "="):
			keys[l.Key] = []string{}
		case !known || len(values) > 0:
			keys[l.Key] = append(values, l.Value)
		}
	}
	return keys, nil
}

func labelTexts(list []Label) []string {
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = l.String()
	}
	return out
}
