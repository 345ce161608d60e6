package pgserver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMajor(t *testing.T) {
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"postgres (PostgreSQL) 9.6.24\n":                         9,
		"postgres (EnterpriseDB) x\n":                            0,
		"":                                                       0,
	} {
		require.Equal(t, want, parseMajor(text), text)
	}
}

func TestConnectionStringsAreQuoted(t *testing.T) {
	require.Equal(t, `'/srv/it\'s \\ here'`, quote(`/srv/it's \ here`))
}
