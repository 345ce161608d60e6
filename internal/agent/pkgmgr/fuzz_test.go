package pkgmgr

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func seed(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		f.Add(fixture(f, name))
	}
}

func FuzzParseDpkg(f *testing.F) {
	seed(f, "dpkg-states.txt", "dpkg-torn.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseDpkg(data)
		if err != nil {
			return
		}
		for _, p := range all {
			require.NotEmpty(t, p.Name)
			require.GreaterOrEqual(t, p.SizeKiB, int64(0))
			_ = p.state()
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	seed(f, "policy-debian.txt", "policy-demo.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, p := range parsePolicy(data) {
			require.NotEmpty(t, name)
			for _, v := range p.Versions {
				require.NotEmpty(t, v.Version)
			}
			_ = p.newestPhased(p.Installed)
		}
	})
}

func FuzzParseSimulation(f *testing.F) {
	seed(f, "simulate-debian.txt", "simulate-demo.txt", "simulate-held.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range parseSimulation(data) {
			require.NotEmpty(t, c.Name)
			require.NotEmpty(t, actionOf(c))
			_ = bestOrigin(c.Origins)
		}
	})
}

func FuzzParseUnmet(f *testing.F) {
	seed(f, "simulate-unmet.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, words := range parseUnmet(data) {
			require.NotEmpty(t, name)
			require.NotEmpty(t, words)
		}
	})
}

func FuzzParseTargets(f *testing.F) {
	seed(f, "indextargets.txt")
	f.Fuzz(func(_ *testing.T, data []byte) {
		for _, target := range parseTargets(data) {
			_ = releaseBase(target)
		}
	})
}

func FuzzParseURIs(f *testing.F) {
	seed(f, "uris-debian.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, u := range parseURIs(data) {
			require.GreaterOrEqual(t, u.Bytes, int64(0))
		}
	})
}

func FuzzStanzas(f *testing.F) {
	seed(f, "show-debian.txt", "release.txt", "extended_states.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := allStanzas(data)
		if err != nil {
			return
		}
		for _, s := range all {
			require.NotEmpty(t, s)
			s.source()
			releaseDate(s["Date"])
		}
	})
}

func FuzzProgress(f *testing.F) {
	for line := range strings.Lines(string(fixture(f, "status-broken.txt"))) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if p, ok := NewAPT(Host{}).Progress(line); ok {
			require.True(t, p.Percent >= 0 && p.Percent <= 100)
			require.NotEmpty(t, p.Phase)
		}
	})
}

func FuzzClassify(f *testing.F) {
	seed(f, "install-broken.txt", "install-full.txt", "update-bad-signature.txt", "simulate-unmet.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		e := NewAPT(Host{}).Classify(Outcome{ExitCode: 100, Output: data})
		require.NotEmpty(t, e.Code)
		require.NotEmpty(t, e.Message)
	})
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte(arMagic))
	f.Add(append([]byte(arMagic), bytes.Repeat([]byte("debian-binary   0           0     0     100644  4         `\n2.0\n"), 3)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkArchive(bytes.NewReader(data), int64(len(data))) == nil {
			require.NotNil(t, checkArchive(bytes.NewReader(data[:len(data)-2]), int64(len(data)-2)), "a cut file is noticed")
		}
	})
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.9", "1.10")
	f.Add("1:0~rc1-1", "0-1+deb12u1")
	f.Fuzz(func(t *testing.T, x, y string) {
		require.Equal(t, compareVersions(x, y) < 0, compareVersions(y, x) > 0)
	})
}

func FuzzScanPackages(f *testing.F) {
	seed(f, "show-debian.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		found := map[string]stanza{}
		require.NoError(t, scanPackages(bytes.NewReader(data), wanted{"openssl": "3.0.22-1~deb12u2", "tzdata": "1"}, found))
		for _, s := range found {
			require.NotEmpty(t, s["Version"])
		}
	})
}
