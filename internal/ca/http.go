package ca

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

// Info is the authority as people see it.
type Info struct {
	Fingerprint string    `json:"fingerprint" doc:"sha256:<hex> of the root certificate; agents are given it at enrollment."`
	Subject     string    `json:"subject"`
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	EnrollURL   string    `json:"enroll_url" doc:"What to give to patch-agent enroll; empty when the server does not know its own address."`
}

// Routes registers the operations of this package.
func (a *Authority) Routes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "getCA", Method: http.MethodGet, Path: httpx.BasePath + "/ca",
		Summary: "The certificate authority of this installation", Tags: []string{"certificates"},
		Security: []map[string][]string{{"bearer": {}}}}, a.handleGet)
	huma.Register(api, huma.Operation{OperationID: "getRootCertificate", Method: http.MethodGet, Path: httpx.BasePath + "/ca/root.crt",
		Summary: "The root certificate, PEM", Tags: []string{"certificates"}, Metadata: httpx.Public,
		Responses: map[string]*huma.Response{"200": {Description: "PEM", Content: map[string]*huma.MediaType{
			"application/x-pem-file": {Schema: &huma.Schema{Type: "string"}}}}}}, a.handleRoot)
}

func (a *Authority) handleGet(ctx context.Context, _ *struct{}) (*struct{ Body Info }, error) {
	if err := auth.ActorFrom(ctx).Require(auth.SeeFleet); err != nil {
		return nil, err
	}
	c := a.root.cert
	return &struct{ Body Info }{Info{Fingerprint: a.Fingerprint(), Subject: c.Subject.String(), NotBefore: c.NotBefore,
		NotAfter: c.NotAfter, EnrollURL: a.deps.PublicURL}}, nil
}

type rootFile struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *Authority) handleRoot(ctx context.Context, _ *struct{}) (*rootFile, error) {
	if err := a.noteDownload(ctx, auth.ActorFrom(ctx)); err != nil {
		return nil, err
	}
	return &rootFile{Type: "application/x-pem-file", Disposition: `attachment; filename="patch-manager-root.crt"`, Body: a.RootPEM()}, nil
}
