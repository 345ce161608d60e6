// Command testidp is an OpenID provider for tests: the certified library of
// zitadel/oidc with a few users in memory, a sign-in page, and switches that
// break it in the ways in which real providers are broken. It is its own module,
// so that nothing of it comes near the product.
//
//	testidp --listen 127.0.0.1:5556 --client-secret S --redirect-uri URI
//
// It prints "issuer URL" once it answers, and ends with its standard input when
// --follow-stdin is given. The client is "patch-manager". Users alice (admins,
// second factor), bob (operators, second factor), carol (nobody) and dave
// (auditors, password only) have the password "password".
//
// GET /control shows the switches, POST /control changes those that are named:
//
//	client_secret   what the provider expects
//	redirect_uris   the registered addresses
//	clock_skew      "10m": its clock is ahead; "-2h": behind
//	keys            "rotate" signs with a new key and withdraws the old one;
//	                "expire" goes on signing with a key that is published no longer;
//	                "restore" publishes the signing key again
//	tamper          "alg_none", "hs256", "aud", "azp", "nonce", "iss", "foreign_key",
//	                "no_auth_time": what to do to ID tokens; "" nothing
//	userinfo_only   groups and roles only from the user-info endpoint
//	ignore_prompt   an old sign-in at the provider is good enough, whatever is asked
//	deny            people are sent back with access_denied
//	users           [{"username":…}]: replaces the users of these names
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

type stringList []string

func (l *stringList) String() string     { return strings.Join(*l, ",") }
func (l *stringList) Set(s string) error { *l = append(*l, s); return nil }

func run() error {
	var redirects stringList
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0: any")
	issuer := flag.String("issuer", "", "the issuer's URL; empty: http:// and the address")
	secret := flag.String("client-secret", "the client secret", "secret of the client patch-manager")
	follow := flag.Bool("follow-stdin", false, "end with the standard input")
	flag.Var(&redirects, "redirect-uri", "registered redirect address; may be repeated")
	flag.Parse()

	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	if *issuer == "" {
		*issuer = "http://" + l.Addr().String()
	}
	h, err := handler(*issuer, newStore(*secret, redirects))
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	if *follow {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			_ = s.Shutdown(context.Background())
		}()
	}
	fmt.Println("issuer", *issuer)
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
