package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "manager.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func problems(t *testing.T, text string, env ...string) Problems {
	_, err := Load(file(t, text), env)
	var ps Problems
	require.ErrorAs(t, err, &ps)
	return ps
}

// dir keeps data.dir out of the tests that are not about it.
func dir(t *testing.T) string { return "PATCH_MANAGER__DATA__DIR=" + t.TempDir() }

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	c, err := Load(file(t, ""), nil)
	require.NoError(t, err)
	require.Equal(t, Default(), c)
	require.True(t, c.Database.Private())
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "pw")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	c, err := Load(file(t, "[http]\nlisten=\":1\"\n[log]\nlevel=\"debug\"\n[database]\nurl=\"postgres://pm@db.example.com/pm\"\nmax_conns=7"), []string{
		dir(t), "PATCH_MANAGER__HTTP__LISTEN=:2", "PATCH_MANAGER__DATABASE__PASSWORD__FILE=" + secret, "PATCH_MANAGER__DATABASE__MAX_CONNS=9", "HOME=/root"})
	require.NoError(t, err)
	require.Equal(t, ":2", c.HTTP.Listen)
	require.Equal(t, slog.LevelDebug, c.Log.Level)
	require.Equal(t, 9, c.Database.MaxConns)
	require.Equal(t, "postgres://pm:s3cret@db.example.com/pm", c.Database.Connection())
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	ps := problems(t, `[http]
lisen = ":1"
listen = "nowhere"
public_url = "http://patches.example.com"
[database]
url = "postgres://pm:hunter2@db.example.com:notaport/pm"
max_conns = "many"
level = "debug"
[log]
level = "loud"
format = "xml"
[data]
dir = "relative"
[polling]
health = "1s"
patches = "often"
max_calls = 0
[auth]
argon_memory_kib = 1024
argon_passes = 0
argon_lanes = 17
[extra]
`, "PATCH_MANAGER__NO__SUCH=1", "PATCH_MANAGER__DATABASE__PASSWORD__FILE=/no/such/file")
	text := ps.Error()
	for _, want := range []string{
		"manager.toml:2: http.lisen: there is no such key",
		`manager.toml:3: http.listen = "nowhere": is not an address with a port; write ADDRESS:PORT`,
		`manager.toml:4: http.public_url = "http://patches.example.com": does not begin with https://`,
		`manager.toml:6: database.url = "***": is not a PostgreSQL connection string`,
		`manager.toml:7: database.max_conns = "many": must be a number without quotes`,
		"manager.toml:8: database.level: there is no such key (did you mean log.level?)",
		`manager.toml:10: log.level = "loud": `,
		`manager.toml:11: log.format = "xml": is neither "json" nor "text"`,
		`manager.toml:13: data.dir = "relative": is not an absolute path`,
		`manager.toml:15: polling.health = "1s": is not from 10s to 24h`,
		`manager.toml:16: polling.patches = "often": must be a time span such as "90s"`,
		`manager.toml:17: polling.max_calls = "0": is not from 1 to 1000`,
		`manager.toml:19: auth.argon_memory_kib = "1024": is not from 19456 to 1048576; `,
		`manager.toml:20: auth.argon_passes = "0": is not from 1 to 50`,
		`manager.toml:21: auth.argon_lanes = "17": is not from 1 to 16`,
		"manager.toml:22: extra: there is no such key",
		"environment variable PATCH_MANAGER__NO__SUCH: there is no such key",
		`environment variable PATCH_MANAGER__DATABASE__PASSWORD__FILE: database.password = "/no/such/file": the file cannot be read: no such file or directory`,
	} {
		require.Contains(t, text, want)
	}
	require.Len(t, ps, 18, text)
	require.NotContains(t, text, "hunter2")
}

func TestInlineTablesAndDottedKeysHaveLines(t *testing.T) {
	ps := problems(t, "\nhttp = { listen = \":1\", nope = 1 }\nlog.nope = 2\n", dir(t))
	require.Contains(t, ps.Error(), "manager.toml:2: http.nope")
	require.Contains(t, ps.Error(), "manager.toml:3: log.nope")
}

func TestATextThatIsNoTOML(t *testing.T) {
	ps := problems(t, "[http]\nlisten = :8443\n", dir(t))
	require.Len(t, ps, 1)
	require.Contains(t, ps.Error(), "manager.toml:2:10: this is not TOML")
}

func TestANamedFileMustBeThere(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "gone.toml"), nil)
	require.ErrorContains(t, err, "gone.toml: the file cannot be read: no such file or directory")
	_, err = Load(t.TempDir(), nil)
	require.ErrorContains(t, err, "is a directory")
}

func TestAVariableAndItsFileContradict(t *testing.T) {
	ps := problems(t, "", dir(t), "PATCH_MANAGER__LOG__FORMAT=text", "PATCH_MANAGER__LOG__FORMAT__FILE=/x")
	require.Contains(t, ps.Error(), "log.format: is set twice")
}

func TestTheDataDirectoryMustBeUsable(t *testing.T) {
	notDir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(notDir, nil, 0o600))
	require.Contains(t, problems(t, "", "PATCH_MANAGER__DATA__DIR="+notDir).Error(), "is not a directory")
	require.Contains(t, problems(t, "", "PATCH_MANAGER__DATA__DIR="+notDir+"/below").Error(), "data.dir")
	_, err := Load(file(t, ""), []string{"PATCH_MANAGER__DATA__DIR=" + filepath.Join(t.TempDir(), "to", "be", "made")})
	require.NoError(t, err)
}

func TestNoPasswordIsEverShown(t *testing.T) {
	c := Default()
	for _, url := range []DSN{
		"postgres://pm:hunter2@db.example.com/pm?sslmode=require",
		"postgres://pm@db.example.com/pm?password=hunter2&sslpassword=hunter2",
		"host=db.example.com password=hunter2 user=pm", `host=x PASSWORD = 'hun\'ter2 hunter2' user=pm`,
		"postgres://pm:hunter2%zz@db.example.com/pm",
	} {
		c.Database = Database{URL: url, Password: "hunter2"}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c)
		shown := out.String() + c.Lines() + fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c.Database.Password, c.Database.URL)
		require.NotContains(t, shown, "ter2", url)
		require.Contains(t, shown, stars)
	}
	require.Equal(t, "postgres://pm:***@db.example.com/pm?sslmode=require", DSN("postgres://pm:hunter2@db.example.com/pm?sslmode=require").String())
}

func TestTheConnectionOfAKeywordStringIsQuoted(t *testing.T) {
	d := Database{URL: "host=db.example.com user=pm", Password: `it's \ here`}
	require.Equal(t, `host=db.example.com user=pm password='it\'s \\ here'`, d.Connection())
}

const example = "../../packaging/config/manager.example.toml"

// The example is what people learn the keys from: it must name all of them,
// with the values that hold without a file.
func TestTheExampleListsEveryKeyWithItsDefault(t *testing.T) {
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	require.NotContains(t, string(text), "\t")
	_, err = Load(example, nil)
	require.NoError(t, err, "as it is shipped")

	keys := regexp.MustCompile(`(?m)^# ([a-z_]+ = .*)$`)
	open := file(t, keys.ReplaceAllString(string(text), "$1"))
	l := newLoader()
	l.config.HTTP.Listen, l.config.Data.Dir, l.config.Log.Format = "", "", ""
	l.readPath(open)
	require.Empty(t, l.problems)
	require.Equal(t, Default().Lines(), l.config.Lines())
	require.Equal(t, Default(), l.config)
	for _, f := range fields(&l.config) {
		require.Contains(t, l.source, f.key, "the example does not name it")
		require.Regexp(t, `(?m)^# .+\n# `+strings.Split(f.key, ".")[1]+` = `, string(text), "no words about "+f.key)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("[http]\nlisten=\":1\"\n"))
	f.Add([]byte("http={listen=1}\n[[x]]\ny=1"))
	f.Add([]byte("a.b.c={d=[{e=1}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := newLoader()
		l.readFile("f", text)
		l.check()
		for _, p := range l.problems {
			require.NotEmpty(t, p.Reason)
		}
	})
}
