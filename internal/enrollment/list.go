package enrollment

import (
	"context"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// List returns requests, the newest first, with the evidence on those that
// wait. Requests belong to no host yet, so only admins and auditors see them.
func (s *Service) List(ctx context.Context, actor auth.Actor, status string, page, size int) (EnrollmentPage, error) {
	if err := actor.Require(auth.SeeEnrollments); err != nil {
		return EnrollmentPage{Items: []Enrollment{}}, err
	}
	p, err := listRequests(ctx, s.db, status, page, size)
	if err != nil {
		return p, err
	}
	for i := range p.Items {
		if p.Items[i].Status != "pending" {
			continue
		}
		if p.Items[i].Collisions, err = evidence(ctx, s.db, p.Items[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

func evidence(ctx context.Context, q db.Querier, e Enrollment) ([]string, error) {
	f, err := compare(ctx, q, e.ID, claim{key: e.KeyFingerprint, machineID: e.MachineID, hostname: e.Hostname, fqdn: e.FQDN,
		addressSeen: e.AddressSeen, addressClaimed: e.AddressClaimed})
	if err != nil || f.collisions == nil {
		return []string{}, err
	}
	return f.collisions, nil
}

// Tokens lists the enrollment tokens.
func (s *Service) Tokens(ctx context.Context, actor auth.Actor) (EnrollmentTokenPage, error) {
	if err := actor.Require(auth.SeeEnrollments); err != nil {
		return EnrollmentTokenPage{Items: []EnrollmentToken{}}, err
	}
	return listTokens(ctx, s.db)
}
