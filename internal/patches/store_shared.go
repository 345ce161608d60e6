package patches

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
)

// cacheSize bounds the digests that one process remembers, at about 50 bytes
// each: 10 MB. A fleet of one distribution has some ten thousand versions.
const cacheSize = 200_000

// shared finds the ids of rows that all hosts share, inserting the unknown
// ones. It works outside of any transaction: a row that was inserted for a
// report that then failed does no harm, and nobody waits for a lock on it.
type shared[T any] struct {
	lookup string // ids and digests of the digests in $1
	insert string // rows of the JSON in $1, in the order of their digests
	row    func(T, digest) any

	mu    sync.RWMutex
	known map[digest]int32
}

func (s *shared[T]) ids(ctx context.Context, q db.Querier, digests []digest, values []T) ([]int32, error) {
	out := make([]int32, len(digests))
	missing := s.fromCache(digests, out)
	if len(missing) == 0 {
		return out, nil
	}
	found, err := s.find(ctx, q, missing)
	if err != nil {
		return nil, err
	}
	var unknown []int
	for i, d := range digests {
		if _, ok := found[d]; out[i] == 0 && !ok {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 0 {
		if err := s.add(ctx, q, unknown, digests, values); err != nil {
			return nil, err
		}
		if found, err = s.find(ctx, q, missing); err != nil {
			return nil, err
		}
	}
	return out, s.fill(digests, out, found)
}

// fromCache fills in what is known and returns the digests that are not. Ids
// start at 1: 0 means not known.
func (s *shared[T]) fromCache(digests []digest, out []int32) []digest {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var missing []digest
	for i, d := range digests {
		if out[i] = s.known[d]; out[i] == 0 {
			missing = append(missing, d)
		}
	}
	return missing
}

func (s *shared[T]) find(ctx context.Context, q db.Querier, digests []digest) (map[digest]int32, error) {
	raw := make([][16]byte, len(digests))
	for i, d := range digests {
		raw[i] = d
	}
	rows, err := q.Query(ctx, s.lookup, raw)
	if err != nil {
		return nil, fmt.Errorf("find shared rows: %w", err)
	}
	found := make(map[digest]int32, len(digests))
	var id int32
	var d [16]byte
	_, err = pgx.ForEachRow(rows, []any{&id, &d}, func() error {
		found[d] = id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find shared rows: %w", err)
	}
	return found, nil
}

// add inserts in the order of the digests: two reports that bring the same new
// rows then wait for each other in one direction only.
func (s *shared[T]) add(ctx context.Context, q db.Querier, which []int, digests []digest, values []T) error {
	slices.SortFunc(which, func(a, b int) int { return bytes.Compare(digests[a][:], digests[b][:]) })
	rows := make([]any, len(which))
	for n, i := range which {
		rows[n] = s.row(values[i], digests[i])
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode shared rows: %w", err)
	}
	if _, err := q.Exec(ctx, s.insert, string(b)); err != nil {
		return fmt.Errorf("insert shared rows: %w", err)
	}
	return nil
}

func (s *shared[T]) fill(digests []digest, out []int32, found map[digest]int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range digests {
		if out[i] != 0 {
			continue
		}
		id, ok := found[d]
		if !ok {
			return fmt.Errorf("shared row %s is missing after its insert", d.hex())
		}
		out[i] = id
		s.remember(d, id)
	}
	return nil
}

// remember makes room by forgetting any entry; a map gives them in no order.
func (s *shared[T]) remember(d digest, id int32) {
	for old := range s.known {
		if len(s.known) < cacheSize {
			break
		}
		delete(s.known, old)
	}
	s.known[d] = id
}

type versionRow struct {
	Digest        string `json:"digest"`
	Name          string `json:"name"`
	Arch          string `json:"arch"`
	Version       string `json:"version"`
	Source        string `json:"source"`
	SourceVersion string `json:"source_version"`
	Origin        string `json:"origin"`
	SizeBytes     int64  `json:"size_bytes"`
}

func newVersions() *shared[*agentapi.Package] {
	return &shared[*agentapi.Package]{
		known:  map[digest]int32{},
		lookup: "select id, digest from package_version where digest = any($1)",
		insert: `insert into package_version (digest, name, arch, version, source, source_version, origin, size_bytes)
			select digest, name, arch, version, source, source_version, origin, size_bytes
			  from json_to_recordset($1::json) as r(digest uuid, name text, arch text, version text, source text,
				source_version text, origin text, size_bytes bigint)
			on conflict (digest) do nothing`,
		row: func(p *agentapi.Package, d digest) any {
			return versionRow{d.hex(), p.Name, p.Arch, p.Version, p.Source, p.SourceVersion, p.Origin, p.SizeBytes}
		},
	}
}

type offerRow struct {
	Digest           string            `json:"digest"`
	Name             string            `json:"name"`
	Arch             string            `json:"arch"`
	Source           string            `json:"source"`
	CurrentVersion   string            `json:"current_version"`
	AvailableVersion string            `json:"available_version"`
	Origin           string            `json:"origin"`
	Suite            string            `json:"suite"`
	Security         bool              `json:"security"`
	Severity         agentapi.Severity `json:"severity"`
	SizeBytes        int64             `json:"size_bytes"`
	RequiresReboot   bool              `json:"requires_reboot"`
	Advisories       []string          `json:"advisories"`
	CVEIDs           []string          `json:"cve_ids"`
}

func newOffers() *shared[*agentapi.Patch] {
	return &shared[*agentapi.Patch]{
		known:  map[digest]int32{},
		lookup: "select id, digest from patch_offer where digest = any($1)",
		insert: `insert into patch_offer (digest, name, arch, source, current_version, available_version, origin, suite,
				security, severity, size_bytes, requires_reboot, advisories, cve_ids)
			select digest, name, arch, source, current_version, available_version, origin, suite,
				security, severity, size_bytes, requires_reboot, advisories, cve_ids
			  from json_to_recordset($1::json) as r(digest uuid, name text, arch text, source text, current_version text,
				available_version text, origin text, suite text, security boolean, severity patch_severity, size_bytes bigint,
				requires_reboot boolean, advisories text[], cve_ids text[])
			on conflict (digest) do nothing`,
		row: func(p *agentapi.Patch, d digest) any {
			return offerRow{d.hex(), p.Name, p.Arch, p.Source, p.CurrentVersion, p.AvailableVersion, p.Origin, p.Suite,
				p.Security, p.Severity, p.SizeBytes, p.RequiresReboot, p.Advisories, p.CVEIDs}
		},
	}
}
