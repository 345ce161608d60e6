package httpx

import (
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// BasePath precedes the path of every operation.
const BasePath = "/api/v1"

const publicKey = "public"

// Public is the huma.Operation.Metadata of an operation without sign-in.
var Public = map[string]any{publicKey: true}

// IsPublic reports whether an operation needs no sign-in.
func IsPublic(op *huma.Operation) bool {
	public, _ := op.Metadata[publicKey].(bool)
	return public
}

// useEnvelope is done once a process: the library keeps these in variables of
// its own, and an API that answers already reads them.
var useEnvelope = sync.OnceFunc(func() {
	huma.NewErrorWithContext = envelope
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return envelope(nil, status, msg, errs...)
	}
})

// NewAPI makes the API on mux. Domains register operations with their full
// path, BasePath included.
func NewAPI(mux *http.ServeMux, version string) huma.API {
	useEnvelope()
	cfg := huma.DefaultConfig("Linux Patch Manager", version)
	cfg.DocsPath = ""     // the library's page would load scripts from elsewhere
	cfg.CreateHooks = nil // no $schema member in bodies
	cfg.OpenAPIPath = BasePath + "/openapi"
	cfg.SchemasPath = ""
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
	}
	return humago.New(mux, cfg)
}
