package app

import (
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"
)

// A parameter that stands in the path and not in the input would always be
// empty: the handler would look for an object without a name.
func TestEveryPathParameterReachesItsHandler(t *testing.T) {
	_, api := newAPI(describe(), &health{})
	for name, op := range operations(api) {
		for _, placeholder := range parameter.FindAllString(op.Path, -1) {
			want := placeholder[1 : len(placeholder)-1]
			require.True(t, slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool {
				return p.In == "path" && p.Name == want && p.Required
			}), "%s does not read %s", name, placeholder)
		}
	}
}
