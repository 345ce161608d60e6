package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one key of the configuration and the place that holds its value.
type field struct {
	key   string // section.key
	value reflect.Value
}

// fields lists every key of c, in the order of the structs.
func fields(c *Config) []field {
	var out []field
	root := reflect.ValueOf(c).Elem()
	for i := range root.NumField() {
		section := root.Type().Field(i).Tag.Get("toml")
		for j := range root.Field(i).NumField() {
			key := root.Field(i).Type().Field(j).Tag.Get("toml")
			out = append(out, field{section + "." + key, root.Field(i).Field(j)})
		}
	}
	return out
}

// set stores what the file holds, which knows strings from numbers.
func (f field) set(v any) error {
	want := "a text in quotes"
	switch x := v.(type) {
	case string:
		if f.value.Kind() == reflect.String || f.isText() {
			return f.setText(x)
		}
		want = "a number without quotes"
	case int64:
		if f.value.Kind() == reflect.Int && !f.isText() {
			f.value.SetInt(x)
			return nil
		}
	}
	return fmt.Errorf("must be %s", want)
}

// setText stores what the environment holds, which is always text.
func (f field) setText(s string) error {
	if u, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(s))
	}
	if f.value.Kind() == reflect.String {
		f.value.SetString(s)
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("must be a whole number")
	}
	f.value.SetInt(int64(n))
	return nil
}

func (f field) isText() bool {
	_, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

// shown is the value as it may be seen by anybody.
func (f field) shown() string { return fmt.Sprint(f.value.Interface()) }

// hide masks a text that could not be stored in the field.
func (f field) hide(text string) string {
	switch f.value.Interface().(type) {
	case Secret, DSN:
		return stars
	}
	return text
}

// variable is the name that overrides the key.
func (f field) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(f.key, ".", "__"))
}
