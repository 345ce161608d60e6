package hostbed

// suite is the release all hosts have; its main pocket is what they start with.
const suite = "bookworm"

// baseVersion is raised when base.go builds something else from the same recipe.
const baseVersion = "3"

// serverPackages are installed from the main pocket on top of minbase: what a
// small server has and what Debian updates often, so that some thirty real
// updates are pending while the base stays below 400 MB.
var serverPackages = []string{
	"bind9-dnsutils", "ca-certificates", "expat", "jq", "less", "libarchive-tools",
	"logrotate", "memcached", "nginx-light", "openssh-client", "openssh-server",
	"openssl", "perl", "redis-server", "rsync", "rsyslog", "tzdata", "unzip",
	"xz-utils", "zip",
}

// pointPackages get their update from bookworm-updates, so that a host has
// updates that fix no security problem as well. Debian puts the newest version
// of these into the security pocket, too; here they are left out of it.
var pointPackages = map[string]bool{"tzdata": true, "ca-certificates": true}

// pocket is one suite of a repository.
type pocket struct {
	repo     string // key of repoHosts
	codename string
}

var (
	pocketMain     = pocket{"debian", suite}
	pocketUpdates  = pocket{"debian", suite + "-updates"}
	pocketSecurity = pocket{"debian-security", suite + "-security"}
	debianPockets  = []pocket{pocketMain, pocketUpdates, pocketSecurity}
)

// repoHosts is what a host knows its repositories by: a name that resolves to
// an address on its own loopback, one per repository, so that one can be dead
// while the others answer.
var repoHosts = map[string]struct{ name, addr string }{
	"debian":          {"deb.example.org", "127.0.80.1"},
	"debian-security": {"security.example.org", "127.0.80.2"},
	"demo":            {"demo.example.org", "127.0.80.3"},
}

// keyring is where hosts keep the key of their repositories.
const keyring = "/usr/share/keyrings/example-archive-keyring.gpg"

const debianSources = `Types: deb
URIs: http://deb.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: ` + keyring + `

Types: deb
URIs: http://security.example.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: ` + keyring + `
`

const demoSources = "deb [signed-by=" + keyring + "] http://demo.example.org/demo demo main\n" +
	"deb [signed-by=" + keyring + "] http://demo.example.org/demo demo-security main\n"
