// Package httpx is the product's one way to speak HTTP: the error envelope,
// request ids, limits and the huma API that every domain registers its
// operations on.
//
// A domain's http.go decodes, calls one use case and encodes. Errors travel as
// *apierr.Error; anything else is logged here, once, with its request id, and
// answers as a 500 that says nothing more than that id.
package httpx
