package httpx

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// fullNames are for types whose name says enough in their package only: the
// description of the API knows no packages.
var fullNames = map[string]string{
	"httpx.Envelope": "ErrorEnvelope", "httpx.Problem": "ErrorBody", "apierr.Detail": "ErrorDetail",
	"ca.Info": "CA", "jobs.Counts": "JobCounts",
}

// schemaName names a type in the description of the API: its own name, and for
// what an agent says, "Agent" before it, because a domain has a word of its own
// for most of it. What has no counterpart keeps its name.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
	if better, ok := fullNames[pkg+"."+t.Name()]; ok {
		return better
	}
	if t.Name() == "" {
		return strings.TrimSuffix(name, "Body") // a request's: LoginInput
	}
	unique := strings.HasPrefix(name, "Enroll") || name == "JobChange" || name == "Repository"
	if pkg == "agentapi" && !unique {
		return "Agent" + name
	}
	return name
}
