package discovery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/ids"
)

// Networks of the scanned side. Those of the routed ones have 65,536 addresses.
const (
	listening = "10.97.0.0/16" // an agent at every address
	refusing  = "10.98.0.0/16" // refuses on the port that is asked
	lossy     = "10.99.0.0/16" // every packet is lost
	onLink    = "10.100.0.0/20"
	gateway   = "198.18.0.2"
)

// The program starts itself twice, each time in a network namespace of its own.
const roleVariable = "BENCH_DISCOVERY_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "scanned":
		if err := beScanned(os.Getenv("BENCH_DISCOVERY_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, "the scanned side:", err)
			os.Exit(1)
		}
	case "scans":
		os.Exit(scanAll(m))
	default:
		cmd := again("scans", "")
		cmd.Args = append(cmd.Args, os.Args[1:]...)
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func again(role, dir string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // ends by itself, or with its parent
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "BENCH_DISCOVERY_DIR="+dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// authority is the certificate authority of both sides, in files.
var authority struct {
	pool    *x509.CertPool
	manager tls.Certificate
}

func scanAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bench-discovery")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	writeAuthority(dir)
	other := again("scanned", dir)
	ready, err := other.StdinPipe() // closed: the interface is there
	if err != nil {
		panic(err)
	}
	if err := other.Start(); err != nil {
		panic(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	run("ip link set lo up")
	run(fmt.Sprintf("ip link add scan0 type veth peer name seen0 netns %d", other.Process.Pid))
	run("ip addr add 198.18.0.1/24 dev scan0", "ip addr add 10.100.0.1/20 dev scan0", "ip link set scan0 up")
	for _, network := range []string{listening, refusing, lossy} {
		run("ip route add " + network + " via " + gateway)
	}
	ready.Close()
	waitFor(filepath.Join(dir, "listens"))
	return m.Run()
}

// beScanned answers until its parent ends.
func beScanned(dir string) error {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	run("ip link set lo up", "ip addr add "+gateway+"/24 dev seen0", "ip link set seen0 up", "ip link set seen0 arp on")
	run("ip route add 198.18.0.1 dev seen0", "ip route add local "+listening+" dev lo", "ip route add local "+refusing+" dev lo")
	run("ip route add 10.100.0.1 dev seen0")                                      // answers to what comes from there, and has no address in it
	l, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", agentapi.DefaultPort)) //nolint:noctx // as long as the program
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "host.pem"), filepath.Join(dir, "host.pem"))
	if err != nil {
		return err
	}
	root, err := os.ReadFile(filepath.Join(dir, "root.pem"))
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS13}
	if err := os.WriteFile(filepath.Join(dir, "listens"), nil, 0o600); err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			server := tls.Server(conn, cfg)
			if server.Handshake() == nil { //nolint:noctx // ended by the other side
				_, _ = io.Copy(io.Discard, server)
			}
		}()
	}
}

func waitFor(file string) {
	for range 2000 {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	panic("the scanned side does not listen")
}

func run(commands ...string) {
	for _, c := range commands {
		words := strings.Fields(c)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil { //nolint:noctx // quick
			panic(fmt.Sprintf("%s: %v: %s", c, err, out))
		}
	}
}

func writeAuthority(dir string) {
	key := newKey()
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Bench CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	root = sign(root, root, key, key)
	authority.pool = x509.NewCertPool()
	authority.pool.AddCert(root)
	manager := newKey()
	m := sign(leaf(agentapi.ManagerURI, x509.ExtKeyUsageClientAuth), root, manager, key)
	authority.manager = tls.Certificate{Certificate: [][]byte{m.Raw}, PrivateKey: manager, Leaf: m}
	host := newKey()
	h := sign(leaf(agentclient.HostURI(ids.New()), x509.ExtKeyUsageServerAuth), root, host, key)
	secret, err := x509.MarshalPKCS8PrivateKey(host)
	if err != nil {
		panic(err)
	}
	write(filepath.Join(dir, "root.pem"), &pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
	write(filepath.Join(dir, "host.pem"), &pem.Block{Type: "CERTIFICATE", Bytes: h.Raw}, &pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func leaf(uri string, use x509.ExtKeyUsage) *x509.Certificate {
	u, err := url.Parse(uri)
	if err != nil {
		panic(err)
	}
	return &x509.Certificate{SerialNumber: big.NewInt(2), URIs: []*url.URL{u}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{use}}
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func sign(t, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), by)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c
}

func write(file string, blocks ...*pem.Block) {
	var out []byte
	for _, b := range blocks {
		out = append(out, pem.EncodeToMemory(b)...)
	}
	if err := os.WriteFile(file, out, 0o600); err != nil {
		panic(err)
	}
}
