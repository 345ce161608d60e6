package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/people"
)

// request is what the matrix sends to one operation.
type request struct {
	path  map[string]string // path parameters
	query string
	body  any
}

// object makes what a path parameter names, fresh for each call: whatever the
// call does to it, the next caller finds the same. Everything that belongs to
// hosts belongs to the group "mine"; the caller may name what is its own.
type object func(w *world, c *caller) string

// objects are the path parameters by the part of the path before them.
var objects = map[string]object{
	"/hosts/{id}":                    func(w *world, _ *caller) string { return w.newHost(w.mine).String() },
	"/jobs/{id}":                     func(w *world, _ *caller) string { return w.newJob(false, w.newHost(w.mine)).String() },
	"/plans/{id}":                    func(w *world, _ *caller) string { return w.newPlan(w.newHost(w.mine)).String() },
	"/host-views/{id}":               func(w *world, _ *caller) string { return w.operatorsView().String() },
	"/groups/{id}":                   func(w *world, c *caller) string { return w.ownGroup().String() },
	"/users/{id}":                    func(w *world, _ *caller) string { return w.newUser().user.String() },
	"/auth/sessions/{id}":            func(w *world, c *caller) string { return w.ownSession(c).String() },
	"/auth/tokens/{id}":              func(w *world, c *caller) string { return w.ownToken(c).String() },
	"/enrollments/{id}":              func(w *world, _ *caller) string { return w.newEnrollment().String() },
	"/enrollment-tokens/{id}":        func(w *world, _ *caller) string { return w.newEnrollmentToken().String() },
	"/discovery/scans/{id}":          func(w *world, _ *caller) string { return w.newScan().String() },
	"/audit/entries/{id}":            func(w *world, _ *caller) string { return w.newAuditEntry() },
	"/audit/verifications/{id}":      func(w *world, _ *caller) string { return w.newVerification().String() },
	"/sso/providers/{id}":            func(w *world, _ *caller) string { return w.newProvider().String() },
	"/sso/tests/{id}":                func(w *world, _ *caller) string { return w.newSSOTest().String() },
	"/auth/sso/{id}":                 func(w *world, _ *caller) string { return w.newProvider().String() },
	"/auth/sso/links/{provider_id}":  func(w *world, c *caller) string { return w.ownLink(c).String() },
	"/enroll/status/{polling_token}": func(*world, *caller) string { return "nobody-was-given-this" },
}

// requests are the operations that need more than their path parameters.
var requests = map[string]func(w *world, c *caller) request{
	// hosts
	"registerHost": func(w *world, _ *caller) request {
		return request{body: map[string]any{"name": w.name("registered"), "address": w.address(), "group_ids": []ids.ID{w.mine}}}
	},
	"updateHost": func(w *world, _ *caller) request { return request{body: object1("note", "ask first")} },
	"labelHosts": func(w *world, _ *caller) request {
		return request{body: w.onHost("add", []map[string]any{{"key": "env", "value": "prod"}})}
	},
	"groupHosts":   func(w *world, _ *caller) request { return request{body: w.onHost("add", []ids.ID{w.mine})} },
	"noteHosts":    func(w *world, _ *caller) request { return request{body: w.onHost("note", "ask first")} },
	"refreshHosts": func(w *world, _ *caller) request { return request{body: w.onHost("", nil)} },
	"removeHosts":  func(w *world, _ *caller) request { return request{body: w.onHost("", nil)} },
	"importHosts": func(w *world, _ *caller) request {
		return request{body: map[string]any{"csv": "name,address,groups\n" + w.name("imported") + "," + w.address() + ",mine"}}
	},
	"createHostView": func(w *world, _ *caller) request {
		return request{body: map[string]any{"name": w.name("view"), "filter": map[string]any{}}}
	},
	"updateHostView": func(w *world, _ *caller) request { return request{body: object1("name", w.name("view"))} },
	"setHostGroups": func(w *world, _ *caller) request {
		return request{body: object1("group_ids", []ids.ID{w.mine})}
	},
	// groups
	"createGroup": func(w *world, _ *caller) request { return request{body: object1("name", w.name("created"))} },
	"updateGroup": func(w *world, _ *caller) request { return request{body: object1("name", w.name("renamed"))} },
	"addGroupHosts": func(w *world, _ *caller) request {
		return request{body: object1("host_ids", []ids.ID{w.newHost(w.mine)})}
	},
	"removeGroupHosts": func(w *world, _ *caller) request {
		return request{body: object1("host_ids", []ids.ID{w.newHost(w.mine)})}
	},
	"setGroupMembers": func(w *world, _ *caller) request {
		return request{body: object1("user_ids", []ids.ID{w.newUser().user})}
	},
	// users
	"createUser": func(w *world, _ *caller) request {
		return request{body: map[string]any{"username": w.name("created"), "role": "operator", "group_ids": []ids.ID{w.mine}}}
	},
	"updateUser": func(w *world, _ *caller) request { return request{body: object1("role", "auditor")} },
	"endUserSession": func(w *world, _ *caller) request {
		u := w.newUser()
		return request{path: map[string]string{"id": u.user.String(), "session_id": u.session.String()}}
	},
	"revokeUserToken": func(w *world, _ *caller) request {
		u := w.newUser()
		return request{path: map[string]string{"id": u.user.String(), "token_id": u.token.String()}}
	},
	"createToken": func(w *world, c *caller) request {
		role := "operator"
		if c == w.callers["auditor"] {
			role = "auditor" // at most the own role
		}
		return request{body: map[string]any{"name": w.name("token"), "role": role, "read_only": true, "expires_in_days": 30}}
	},
	"updateMe": func(w *world, _ *caller) request { return request{body: object1("display_name", w.name("name"))} },
	// jobs
	"createJob": func(w *world, _ *caller) request {
		return request{body: map[string]any{"kind": "refresh", "host_ids": []ids.ID{w.newHost(w.mine)}, "reboot": "never", "allow_removals": false}}
	},
	"createPlan": func(w *world, _ *caller) request {
		return request{body: map[string]any{"host_ids": []ids.ID{w.newHost(w.mine)}, "selection": object1("mode", "all"), "allow_removals": false}}
	},
	"rerunJob": func(w *world, _ *caller) request {
		return request{path: object2("id", w.newJob(true, w.newHost(w.mine))), body: map[string]any{}}
	},
	"rollbackJob": func(w *world, _ *caller) request {
		return request{path: object2("id", w.newUndoable(w.newHost(w.mine))), body: map[string]any{}}
	},
	"jobHostEvents": func(w *world, _ *caller) request { return w.jobHost() },
	"jobHostLog":    func(w *world, _ *caller) request { return w.jobHost() },
	// enrollment
	"denyEnrollment":        func(*world, *caller) request { return request{body: object1("reason", "not ours")} },
	"createEnrollmentToken": func(*world, *caller) request { return request{body: map[string]any{"note": "test"}} },
	"enroll": func(w *world, _ *caller) request {
		return request{body: map[string]any{"machine_id": w.name("machine"), "hostname": w.name("host"), "fqdn": "", "ip_address": "192.0.2.10",
			"port": 12443, "os_details": map[string]string{}, "csr": w.newCSR()}}
	},
	// discovery; 192.0.2.0/24 is nobody's, and no worker runs here
	"createScan": func(*world, *caller) request { return request{body: object1("cidr", "192.0.2.0/28")} },
	"registerFound": func(w *world, _ *caller) request {
		return request{path: object2("id", w.newScan()), body: object1("addresses", []string{"192.0.2.1"})}
	},
	// settings
	"setSecurity": func(w *world, _ *caller) request {
		return request{body: map[string]any{"version": w.settingsVersion("security"), "session_hours": 12, "idle_minutes": 60,
			"step_up_minutes": 5, "step_up_hosts": 50, "ungrouped_visible": false, "password_off": false, "break_glass": ""}}
	},
	"setAudit": func(w *world, _ *caller) request {
		return request{body: map[string]any{"version": w.settingsVersion("audit"), "retention_days": 183, "export": "none", "export_path": "", "syslog_address": ""}}
	},
	"setAccess": func(w *world, _ *caller) request {
		return request{body: map[string]any{"version": w.settingsVersion("access"), "ui": []string{}, "enrollment": []string{},
			"metrics": []string{}, "trusted_proxies": []string{}}}
	},
	"confirmAccess": func(w *world, _ *caller) request {
		w.exec(`insert into settings_section as s values ('access', 1, '{}', now(), 'somebody', now() + interval '5 min', '{}')
			on conflict (name) do update set version = s.version + 1, revert_at = excluded.revert_at, previous = excluded.previous`)
		return request{}
	},
	// single sign-on
	"createProvider": createProviderRequest,
	"updateProvider": func(w *world, _ *caller) request { return request{body: object1("name", w.name("renamed"))} },
	"startSso":       func(*world, *caller) request { return request{body: object1("purpose", "link")} },
	// sign-in
	"login": func(*world, *caller) request {
		return request{body: map[string]string{"username": "nobody", "password": "not the password"}}
	},
	"loginTotp": loginTOTPRequest, "loginRecoveryCode": loginRecoveryCodeRequest, "stepUpTotp": stepUpTOTPRequest,
	"confirmTotp": confirmTOTPRequest, "removeTotp": removeTOTPRequest,
	"passkeySignIn": passkeyRequest, "stepUpPasskey": passkeyRequest, "registerPasskey": newPasskeyRequest,
	"renamePasskey": ownPasskeyRequest, "removePasskey": ownPasskeyRequest,
	"changePassword": func(*world, *caller) request {
		return request{body: map[string]string{"current_password": people.Password, "new_password": "another quiet gravel"}}
	},
}

// refusedToAll are operations that the matrix cannot ask in a way that anybody
// would be let in, with the reason. Every other one answers 2xx or 3xx to somebody.
var refusedToAll = map[string]string{
	"login":                "the matrix never sends a password that is right: sign-in has tests of its own",
	"refreshSession":       "the matrix sends no cookie: sign-in has tests of its own",
	"enrollAck":            "nobody was given the polling token",
	"passkeySignInOptions": noPage, "passkeySignIn": noPage, "stepUpPasskeyOptions": noPage, "stepUpPasskey": noPage,
	"passkeyRegisterOptions": noPage, "registerPasskey": noPage,
}

// noPage is why passkeys are past the gates, and still refused.
const noPage = "passkeys are for a page of the manager's own name: they have tests of their own"

func object1(name string, value any) map[string]any { return map[string]any{name: value} }

func object2(name string, id ids.ID) map[string]string { return map[string]string{name: id.String()} }

// requestFor builds the request of an operation for a caller.
func (w *world) requestFor(id, path string, c *caller) request {
	w.t.Helper()
	var r request
	if build := requests[id]; build != nil {
		r = build(w, c)
	}
	if r.path == nil {
		r.path = map[string]string{}
	}
	for _, placeholder := range parameter.FindAllString(path, -1) {
		name := placeholder[1 : len(placeholder)-1]
		if r.path[name] != "" {
			continue
		}
		prefix := strings.TrimPrefix(path[:strings.Index(path, placeholder)+len(placeholder)], "/api/v1")
		make, known := objects[prefix]
		require.True(w.t, known, "%s: say in access_requests_test.go what %s is", id, prefix)
		r.path[name] = make(w, c)
	}
	return r
}

// settingsVersion is what a change of a section must name.
func (w *world) settingsVersion(section string) int64 {
	w.t.Helper()
	return w.one("select coalesce(max(version), 0) from settings_section where name = $1", section)
}

func (w *world) jobHost() request {
	h := w.newHost(w.mine)
	return request{path: map[string]string{"id": w.newJob(false, h).String(), "host_id": h.String()}}
}

// operatorsView is a fresh saved view of operator_in, not shared.
func (w *world) operatorsView() ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into host_view (id, owner_id, name, filter, sort, descending, columns, shared, created_at, updated_at)
		values ($1, $2, $3, '{}', 'name', false, '{}', false, now(), now())`, id, w.as("operator_in").user, w.name("view"))
	return id
}

// ownGroup is a fresh group with a host, in which are those who are in scope.
func (w *world) ownGroup() ids.ID {
	w.t.Helper()
	g := w.newGroup("group")
	w.newHost(w.mine, g)
	w.exec("insert into auth_user_group (user_id, group_id) values ($1, $2)", w.as("operator_in").user, g)
	w.exec("update auth_api_token set group_ids = group_ids || $2::uuid where id = $1", w.as("token_in").token, g)
	return g
}

func (w *world) newAuditEntry() string {
	w.t.Helper()
	require.NoError(w.t, w.db.InTx(w.t.Context(), func(tx db.Tx) error {
		return audit.Append(w.t.Context(), tx, audit.Entry{Actor: audit.Actor{Kind: audit.KindSystem}, Action: "host.remove"})
	}))
	return fmt.Sprint(w.one("select max(id) from audit_entry"))
}

func (w *world) newVerification() ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec("insert into audit_verification (id, state, trigger, started_at, finished_at) values ($1, 'intact', 'person', now(), now())", id)
	return id
}

// ownSession is another session of the caller, and somebody's for whoever has none.
func (w *world) ownSession(c *caller) ids.ID {
	w.t.Helper()
	if c.user.IsZero() {
		return w.newUser().session
	}
	now := time.Now().UTC()
	return people.SignIn(w.t, w.db, c.user, now, &now).ID
}

// ownToken is an API token of the caller, and somebody's for whoever has none.
func (w *world) ownToken(c *caller) ids.ID {
	w.t.Helper()
	if c.user.IsZero() {
		return w.newUser().token
	}
	id, _ := people.Issue(w.t, w.db, c.user, people.Token{Role: auth.RoleAuditor, ReadOnly: true}, time.Now().UTC())
	return id
}

func (w *world) newCSR() string {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(w.t, err)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	require.NoError(w.t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (w *world) newEnrollment() ids.ID {
	w.t.Helper()
	block, _ := pem.Decode([]byte(w.newCSR()))
	id := ids.New()
	w.exec(`insert into enrollment_request (id, polling_hash, key_fingerprint, csr, machine_id, hostname, fqdn, address_seen, address_claimed, port, os, status, requested_at, expires_at)
		values ($1, sha256(convert_to($2, 'UTF8')), $2, $3, $2, $4, '', '192.0.2.10', '', 12443, '', 'pending', now(), now() + interval '7 d')`,
		id, id.String(), block.Bytes, w.name("host"))
	return id
}

// newScan waits; the ones before it are no longer in its way.
func (w *world) newScan() ids.ID {
	w.t.Helper()
	w.exec("delete from discovery_scan")
	id := ids.New()
	w.exec(`insert into discovery_scan (id, network, port, reverse_dns, total, state, created_at, created_by)
		values ($1, '192.0.2.0/28', 12443, false, 14, 'queued', now(), 'somebody')`, id)
	return id
}

func (w *world) newEnrollmentToken() ids.ID {
	w.t.Helper()
	id := ids.New()
	w.exec(`insert into enrollment_token (id, token_hash, uses, expires_at, created_at, created_by)
		values ($1, sha256($2), 1, now() + interval '1 d', now(), 'somebody')`, id, []byte(id.String()))
	return id
}

// address is one that no other host has.
func (w *world) address() string {
	w.n++
	return fmt.Sprintf("10.1.%d.%d", w.n/250, 1+w.n%250)
}

// onHost is the body of an act on many hosts: one that is in the group "mine".
func (w *world) onHost(member string, value any) map[string]any {
	body := map[string]any{"target": object1("host_ids", []ids.ID{w.newHost(w.mine)})}
	if member != "" {
		body[member] = value
	}
	return body
}
