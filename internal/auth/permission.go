package auth

import (
	"slices"
	"time"

	"patchmanager/internal/apierr"
)

// Permission is one kind of act. This file is the only place that says which
// role may do it; which hosts it may be done to is said by hosts.Scope.
type Permission string

// Permissions.
const (
	SeeFleet       Permission = "fleet.read"      // hosts, patches, jobs, groups: those in scope
	OperateFleet   Permission = "fleet.operate"   // order jobs, cancel, refresh, write notes: hosts in scope
	ManageHosts    Permission = "hosts.manage"    // register, import, change, label, enroll, approve, remove
	SeeEnrollments Permission = "enrollment.read" // requests and tokens, which belong to no group yet
	SeeDiscovery   Permission = "discovery.read"  // scans, which look at more than hosts
	ScanNetworks   Permission = "discovery.scan"
	ManageGroups   Permission = "groups.manage"
	SeeUsers       Permission = "users.read"
	ManageUsers    Permission = "users.manage"
	SeeSettings    Permission = "settings.read" // never their secrets
	ManageSettings Permission = "settings.manage"
	ManageCA       Permission = "ca.manage"
	ReadAudit      Permission = "audit.read" // read, verify, export
	OwnAccount     Permission = "account.own"
)

// rule says who may.
type rule struct {
	roles   []Role
	changes bool   // a read-only token may not
	person  bool   // only a signed-in person, never a token
	whole   bool   // about the whole installation: never a token that is narrowed to groups
	refusal string // in words for whoever may not
}

var (
	everybody = []Role{RoleAdmin, RoleOperator, RoleAuditor}
	admins    = []Role{RoleAdmin}
	overseers = []Role{RoleAdmin, RoleAuditor}
)

var rules = map[Permission]rule{
	SeeFleet:       {roles: everybody},
	OperateFleet:   {roles: []Role{RoleAdmin, RoleOperator}, changes: true, refusal: "Your role may not change hosts."},
	ManageHosts:    {roles: admins, changes: true, refusal: "Only admins may register, change and remove hosts."},
	SeeEnrollments: {roles: overseers, whole: true, refusal: "Only admins and auditors may see enrollment requests and tokens."},
	SeeDiscovery:   {roles: overseers, whole: true, refusal: "Only admins and auditors may see scans of networks."},
	ScanNetworks:   {roles: admins, changes: true, whole: true, refusal: "Only admins may scan networks."},
	ManageGroups:   {roles: admins, changes: true, whole: true, refusal: "Only admins may change groups."},
	SeeUsers:       {roles: overseers, whole: true, refusal: "Only admins and auditors may see users."},
	ManageUsers:    {roles: admins, changes: true, person: true, whole: true, refusal: "Only admins may change users."},
	SeeSettings:    {roles: overseers, whole: true, refusal: "Only admins and auditors may see settings."},
	ManageSettings: {roles: admins, changes: true, person: true, whole: true, refusal: "Only admins may change settings."},
	ManageCA:       {roles: admins, changes: true, person: true, whole: true, refusal: "Only admins may change certificates."},
	ReadAudit:      {roles: overseers, whole: true, refusal: "Only admins and auditors may read the audit trail."},
	OwnAccount:     {roles: everybody, changes: true, person: true},
}

// May reports whether the actor has a permission. The product's own loops have
// all but those of a person.
func (a Actor) May(p Permission) bool { return a.Require(p) == nil }

// Require refuses with 403 what the actor's role, or its token, does not allow.
func (a Actor) Require(p Permission) error {
	r, known := rules[p]
	switch {
	case !known:
		return apierr.Forbidden("forbidden", "This is not allowed.")
	case a.system:
		return nil
	case a.IsAnonymous():
		return errToken()
	case !slices.Contains(r.roles, a.Role):
		return apierr.Forbidden("forbidden", r.refusal)
	case r.person && a.IsToken():
		return apierr.Forbidden("person_required", "An API token cannot do this: sign in as a person.")
	case r.whole && a.Groups != nil:
		return apierr.Forbidden("forbidden", "This API token is narrowed to the hosts of groups; this belongs to no group.")
	case r.changes && a.ReadOnly:
		return apierr.Forbidden("token_read_only", "This API token may only read.")
	}
	return nil
}

// RequireFresh is Require for a dangerous act: it also wants a second factor
// that was shown in this session within the last minutes.
func (a Actor) RequireFresh(p Permission, now time.Time) error {
	if err := a.Require(p); err != nil {
		return err
	}
	switch {
	case a.system:
		return nil
	case a.IsToken():
		return apierr.Forbidden("person_required", "An API token cannot do this: sign in as a person.")
	case !now.Before(a.FreshUntil):
		return apierr.Forbidden("step_up_required", "Confirm with your second factor that it is still you.")
	}
	return nil
}
