package discovery

import (
	"context"
	"net/netip"
	"time"

	"patchmanager/internal/auth"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// DiscoveryResult is an address that accepts connections.
type DiscoveryResult struct {
	Address     netip.Addr      `json:"address"`
	Kind        Kind            `json:"kind" enum:"enrolled,elsewhere,ended,other_agent,other_tls,open"`
	Host        *DiscoveredHost `json:"host" doc:"The host that its certificate names, or else the one that is registered at this address; null: none."`
	Registrable bool            `json:"registrable" doc:"No host is registered at this address, and it is not the agent of one."`
	Name        string          `json:"name" doc:"What the name servers call it; who runs the reverse zone may say anything. Empty: nothing."`
	Note        string          `json:"note" doc:"What this means and what to do, in a sentence; empty: nothing more to say."`
	Subject     string          `json:"subject" doc:"Of the certificate that it shows; empty: it shows none."`
	Issuer      string          `json:"issuer"`
	Fingerprint string          `json:"fingerprint" doc:"SHA-256 of the certificate, hexadecimal."`
	TLS         string          `json:"tls" doc:"Version of TLS that was spoken."`
	NotBefore   *time.Time      `json:"not_before"`
	NotAfter    *time.Time      `json:"not_after"`
}

// DiscoveredHost is a host that is known here.
type DiscoveredHost struct {
	ID      ids.ID `json:"id"`
	Name    string `json:"name"`
	Removed bool   `json:"removed"`
}

// DiscoveryResultPage is one page of results, by address.
type DiscoveryResultPage struct {
	Items []DiscoveryResult `json:"items" nullable:"false"`
	Total int               `json:"total"`
}

// ResultFilter chooses results. Empty members choose all.
type ResultFilter struct {
	Kinds       []Kind
	Query       string // part of address, name, host, certificate or note
	Registrable *bool
	Page        int // from 1
	PageSize    int
}

// Scan is one scan as it is now.
func (s *Service) Scan(ctx context.Context, actor auth.Actor, id ids.ID) (DiscoveryScan, error) {
	if err := actor.Require(auth.SeeDiscovery); err != nil {
		return DiscoveryScan{}, err
	}
	return getScan(ctx, s.db, id, s.now())
}

// Scans are all that are kept, the newest first.
func (s *Service) Scans(ctx context.Context, actor auth.Actor) (DiscoveryScanList, error) {
	if err := actor.Require(auth.SeeDiscovery); err != nil {
		return DiscoveryScanList{Items: []DiscoveryScan{}}, err
	}
	list, err := listScans(ctx, s.db, s.now())
	return DiscoveryScanList{Items: list, Total: len(list)}, err
}

// Results are what a scan has found until now.
func (s *Service) Results(ctx context.Context, actor auth.Actor, id ids.ID, f ResultFilter) (DiscoveryResultPage, error) {
	if _, err := s.Scan(ctx, actor, id); err != nil {
		return DiscoveryResultPage{Items: []DiscoveryResult{}}, err
	}
	return listResults(ctx, s.db, hosts.ScopeOf(actor), id, f)
}
