package pkgmgr

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fixture reads output that real tools wrote.
func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	return data
}

func TestParseDpkgStates(t *testing.T) {
	all, err := parseDpkg(append(fixture(t, "dpkg-states.txt"), fixture(t, "dpkg-torn.txt")...))
	require.NoError(t, err)
	states := map[string]string{}
	for _, p := range all {
		if p.installed() {
			states[p.Name+" "+p.Version] = p.state()
		}
	}
	require.Equal(t, "half-configured", states["demo-broken 1.1"])
	require.Equal(t, "unpacked", states["demo-n2 1.1"])
	require.Equal(t, "half-installed reinst-required", states["demo-n1 1.0"])
	require.Equal(t, "", states["demo-app 1.0"])
	require.NotContains(t, states, "demo-n20 1.0", "removed, configuration kept or not, is not installed")
	for _, p := range all {
		switch p.Name {
		case "demo-lib":
			require.True(t, p.held())
		case "libssl3":
			require.Equal(t, "openssl", p.Source)
			require.Equal(t, "libssl3:amd64", p.qualified())
			require.Positive(t, p.SizeKiB)
		}
	}
}

func TestParseDpkgRefusesWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{"no package\n", "ii \x1fa\n", strings.Join([]string{"ii ", "a", "all", "1", "a", "1", "many"}, unitSep)} {
		_, err := parseDpkg([]byte(text))
		require.Error(t, err, text)
	}
}

func TestParsePolicy(t *testing.T) {
	real := parsePolicy(fixture(t, "policy-debian.txt"))
	ssl := real["libssl3"]
	require.Equal(t, "3.0.20-1~deb12u2", ssl.Installed)
	require.Equal(t, "3.0.22-1~deb12u2", ssl.Candidate)
	newest, ok := ssl.version(ssl.Candidate)
	require.True(t, ok)
	require.Equal(t, []string{"http://security.example.org/debian-security bookworm-security/main amd64 Packages"}, newest.Sources)
	require.Equal(t, "5:7.0.15-1~deb12u10", real["redis-server"].Candidate)

	demo := parsePolicy(fixture(t, "policy-demo.txt"))
	require.Len(t, demo, 4)
	require.Len(t, demo["demo-app"].Versions, 3)
	require.Empty(t, demo["demo-new"].Installed)
	phased, _ := demo["demo-phased"].version("1.1")
	require.True(t, phased.Phased)
	require.Equal(t, "1.1", demo["demo-phased"].newestPhased("1.0"))
	require.Empty(t, demo["demo-app"].newestPhased("1.0"))
}

func TestParsePolicyOfForeignAndUnfetchable(t *testing.T) {
	p := parsePolicy([]byte("libc6:i386:\n  Installed: (none)\n  Candidate: 2.36\n  Version table:\n     2.36 -1\n        100 /var/lib/dpkg/status\n"))
	require.Equal(t, policy{Candidate: "2.36", Versions: []policyVersion{{Version: "2.36"}}}, p["libc6:i386"])
	require.False(t, p["libc6:i386"].Versions[0].fetchable())
}

func TestParseSimulation(t *testing.T) {
	find := func(all []simChange, name string) simChange {
		for _, c := range all {
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("no %s", name)
		return simChange{}
	}
	real := parseSimulation(fixture(t, "simulate-debian.txt"))
	require.Len(t, real, strings.Count(string(fixture(t, "simulate-debian.txt")), "\nInst "))
	perl := find(real, "perl")
	require.Equal(t, simChange{
		Action: simInstall, Name: "perl", From: "5.36.0-7+deb12u3", To: "5.36.0-7+deb12u4", Arch: "amd64",
		Origins: []simOrigin{{Label: "Debian-Security", Suite: "oldstable-security"}},
	}, perl)
	demo := parseSimulation(fixture(t, "simulate-demo.txt"))
	require.Equal(t, simChange{Action: simRemove, Name: "demo-old", From: "1.0"}, find(demo, "demo-old"))
	require.Empty(t, find(demo, "demo-new").From)
}

func TestParseSimulationLines(t *testing.T) {
	for line, want := range map[string]simChange{
		"Inst libc6:i386 [2.36-9] (2.36-9+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [i386]) []": {
			Action: simInstall, Name: "libc6:i386", From: "2.36-9", To: "2.36-9+deb12u1", Arch: "i386",
			Origins: []simOrigin{{"Debian", "oldstable"}, {"Debian-Security", "oldstable-security"}},
		},
		"Inst x (1.0 My Own Label:stable [all])": {Action: simInstall, Name: "x", To: "1.0", Arch: "all", Origins: []simOrigin{{"My Own Label", "stable"}}},
		"Inst x [2] (1 local-deb [all])":         {Action: simInstall, Name: "x", From: "2", To: "1", Arch: "all", Origins: []simOrigin{{Label: "local-deb"}}},
		"Inst x (1 [amd64])":                     {Action: simInstall, Name: "x", To: "1", Arch: "amd64"},
		"Purg demo-new [1.0]":                    {Action: simPurge, Name: "demo-new", From: "1.0"},
		"Remv y [1.0] [x:amd64 ]":                {Action: simRemove, Name: "y", From: "1.0"},
	} {
		got, ok := parseSimLine(line)
		require.True(t, ok, line)
		require.Equal(t, want, got, line)
	}
	_, ok := parseSimLine("Conf x (1.0 Debian:12/stable [all])")
	require.False(t, ok)
}

func TestParseUnmet(t *testing.T) {
	require.Equal(t, map[string][]string{
		"demo-app": {"Depends: demo-lib (>= 1.1) but 1.0 is to be installed", "Conflicts: demo-old but 1.0 is to be installed"},
	}, parseUnmet(fixture(t, "simulate-unmet.txt")))
	require.Empty(t, parseUnmet(fixture(t, "simulate-demo.txt")))
}

func TestParseURIs(t *testing.T) {
	all := parseURIs(fixture(t, "uris-debian.txt"))
	require.NotEmpty(t, all)
	for _, f := range all {
		require.Positive(t, f.Bytes)
		require.True(t, strings.HasSuffix(f.File, ".deb"), f.File)
	}
}

func TestParseTargets(t *testing.T) {
	all := parseTargets(fixture(t, "indextargets.txt"))
	require.Len(t, all, 3)
	security := 0
	for _, target := range all {
		if target.security() {
			security++
			require.Equal(t, "Debian-Security", target.Label)
			require.Equal(t, "/var/lib/apt/lists/security.example.org_debian-security_dists_bookworm-security_", releaseBase(target))
		}
	}
	require.Equal(t, 1, security)
	for _, name := range []string{"jammy-infra-security", "Debian-Security", "trixie-security"} {
		require.True(t, isSecurity(name), name)
	}
	for _, name := range []string{"jammy-updates", "security-tools", "", "Security"} {
		require.False(t, isSecurity(name), name)
	}
}

func TestStanzas(t *testing.T) {
	all, err := allStanzas(fixture(t, "show-debian.txt"))
	require.NoError(t, err)
	require.Equal(t, "libssl3", all[0]["Package"])
	name, version := all[0].source()
	require.Equal(t, "openssl", name)
	require.Equal(t, all[0]["Version"], version)
	name, version = stanza{"Package": "b", "Version": "1+b2", "Source": "a (1)"}.source()
	require.Equal(t, "a 1", name+" "+version)

	release, err := allStanzas(fixture(t, "release.txt"))
	require.NoError(t, err)
	require.NotNil(t, releaseDate(release[1]["Date"]))
	marks, err := allStanzas(fixture(t, "extended_states.txt"))
	require.NoError(t, err)
	require.Equal(t, "1", marks[0]["Auto-Installed"])
}

func TestReleaseDate(t *testing.T) {
	want := time.Date(2026, 11, 1, 0, 53, 2, 0, time.UTC)
	for _, text := range []string{"Sun, 01 Nov 2026 00:53:02 UTC", "Sun,  1 Nov 2026 00:53:02 UTC", "Sun, 01 Nov 2026 00:53:02 +0000"} {
		got := releaseDate(text)
		require.NotNil(t, got, text)
		require.True(t, want.Equal(*got), text)
	}
	require.Nil(t, releaseDate("yesterday"))
}

func TestServiceUnits(t *testing.T) {
	require.Equal(t, []string{"ssh.service", "cron.service"}, serviceUnits(
		"\tdeb-systemd-invoke $_dh_action 'ssh.service' >/dev/null || true\n  deb-systemd-invoke restart cron.service\necho other.service\n"))
}

func TestScanPackagesFindsWhatAFullParseFinds(t *testing.T) {
	data := fixture(t, "show-debian.txt")
	all, err := allStanzas(data)
	require.NoError(t, err)
	for _, s := range all {
		found := map[string]stanza{}
		want := wanted{s["Package"]: s["Version"]}
		require.NoError(t, scanPackages(bytes.NewReader(data), want, found))
		require.Equal(t, s, found[Key(s["Package"], s["Architecture"])])
		require.Len(t, found, 1)
	}
	long := "Package: a\nProvides: " + strings.Repeat("x, ", 200<<10) + "\nVersion: 1\nArchitecture: all\nSize: 7\n"
	found := map[string]stanza{}
	require.NoError(t, scanPackages(strings.NewReader(long), wanted{"a": "1"}, found))
	require.Equal(t, "7", found["a:all"]["Size"])
}
