package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// The parts of an OpenAPI 3.1 document that matter here.
type document struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref         string             `json:"$ref"`
	Type        any                `json:"type"` // a word or a list of words
	Description string             `json:"description"`
	Enum        []any              `json:"enum"`
	Const       any                `json:"const"`
	Items       *schema            `json:"items"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Additional  json.RawMessage    `json:"additionalProperties"` // false, true or a schema
	OneOf       []*schema          `json:"oneOf"`
	AnyOf       []*schema          `json:"anyOf"`
	AllOf       []*schema          `json:"allOf"`
}

type operation struct {
	ID         string             `json:"operationId"`
	Parameters []parameter        `json:"parameters"`
	Body       *content           `json:"requestBody"`
	Responses  map[string]content `json:"responses"`
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"` // path, query, header or cookie
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type content struct {
	Content map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
	Required bool `json:"required"`
}

// readDocument takes YAML, of which JSON is a part.
func readDocument(in io.Reader) (*document, error) {
	raw, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("parse document: %w", err)
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("parse document: %w", err)
	}
	var d document
	if err := json.Unmarshal(asJSON, &d); err != nil {
		return nil, fmt.Errorf("parse document: %w", err)
	}
	if len(d.Paths) == 0 {
		return nil, errors.New("the document has no paths")
	}
	return &d, nil
}
