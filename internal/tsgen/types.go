package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// typeOf is the TypeScript type of a schema; indent is that of its line.
func typeOf(s *schema, indent string) string {
	switch {
	case s == nil:
		return "unknown"
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.OneOf) > 0:
		return joined(s.OneOf, " | ", indent)
	case len(s.AnyOf) > 0:
		return joined(s.AnyOf, " | ", indent)
	case len(s.AllOf) > 0:
		return joined(s.AllOf, " & ", indent)
	case s.Const != nil:
		return literal(s.Const)
	case len(s.Enum) > 0:
		return literals(s.Enum)
	}
	var parts []string
	for _, word := range typeWords(s.Type) {
		parts = append(parts, basicType(word, s, indent))
	}
	if len(parts) == 0 {
		return "unknown"
	}
	return strings.Join(parts, " | ")
}

func typeWords(t any) []string {
	switch t := t.(type) {
	case string:
		return []string{t}
	case []any:
		words := make([]string, 0, len(t))
		for _, word := range t {
			words = append(words, fmt.Sprint(word))
		}
		return words
	}
	return nil
}

func basicType(word string, s *schema, indent string) string {
	switch word {
	case "integer", "number":
		return "number"
	case "array":
		return arrayType(typeOf(s.Items, indent))
	case "object":
		return objectType(s, indent)
	case "string", "boolean", "null":
		return word
	}
	return "unknown"
}

// arrayType keeps `("a" | "b")[]` apart from `"a" | "b"[]`. An object type has
// spaces as well and needs no parentheses, but they do not hurt it either.
func arrayType(element string) string {
	if strings.ContainsAny(element, "|& ") {
		element = "(" + element + ")"
	}
	return element + "[]"
}

func objectType(s *schema, indent string) string {
	if len(s.Properties) == 0 {
		return "Record<string, " + valueType(s.Additional, indent) + ">"
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		writeProperty(&b, name, s, indent+"  ")
	}
	b.WriteString(indent + "}")
	return b.String()
}

func writeProperty(b *strings.Builder, name string, owner *schema, indent string) {
	property := owner.Properties[name]
	if property != nil && property.Description != "" {
		fmt.Fprintf(b, "%s/** %s */\n", indent, commentText(property.Description))
	}
	fmt.Fprintf(b, "%s%s%s: %s;\n", indent, keyOf(name), optional(slices.Contains(owner.Required, name)), typeOf(property, indent))
}

// valueType is what a map holds; "additionalProperties: true" says nothing.
func valueType(additional json.RawMessage, indent string) string {
	var s schema
	if len(additional) == 0 || json.Unmarshal(additional, &s) != nil {
		return "unknown"
	}
	return typeOf(&s, indent)
}

func joined(list []*schema, separator, indent string) string {
	parts := make([]string, 0, len(list))
	for _, s := range list {
		parts = append(parts, typeOf(s, indent))
	}
	return "(" + strings.Join(parts, separator) + ")"
}

func literals(values []any) string {
	parts := make([]string, 0, len(values))
	for _, value := range values {
		parts = append(parts, literal(value))
	}
	return strings.Join(parts, " | ")
}

func literal(value any) string {
	b, err := json.Marshal(value)
	if err != nil { // cannot happen: the value came out of JSON
		return "unknown"
	}
	return string(b)
}

// commentText keeps a description from ending its comment or its line.
func commentText(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "*/", "* /")), " ")
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func keyOf(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

func optional(required bool) string {
	if required {
		return ""
	}
	return "?"
}
