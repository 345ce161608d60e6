// Command tsgen writes the TypeScript side of the HTTP API from its OpenAPI
// document: one type per schema, the parameters, body and answer of every
// operation, and the method and path that each one has.
//
//	go run ./internal/tsgen < api/openapi.yaml > web/src/api/generated/api.gen.ts
//
// The document may be YAML or JSON. The output depends on nothing but the
// document: everything is sorted, so that a staleness check can compare bytes.
// A construct that tsgen does not know becomes "unknown", which the type check
// of the browser interface then refuses where it is used.
package main
