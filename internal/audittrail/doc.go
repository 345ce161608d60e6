// Package audittrail is how people and programs read the audit trail: list,
// proof, verification, export, checkpoints.
//
// What it guarantees: only who has auth.ReadAudit gets anything, admins and
// auditors; nothing here changes a row of the trail; an export and an ordered
// verification are in the trail themselves.
//
// The trail itself is package audit, which stands below auth and therefore
// knows no actor.
package audittrail
