package patches

import (
	"context"
	"fmt"
	"slices"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// StorePackages makes the stored packages of a host those of its report.
func (s *Service) StorePackages(ctx context.Context, host ids.ID, l agentapi.PackageList, etag string) error {
	want, err := s.wantedPackages(ctx, l)
	if err != nil {
		return fmt.Errorf("store packages: %w", err)
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		no, err := lockHost(ctx, tx, host)
		if err != nil {
			return err
		}
		have, err := readPackages(ctx, tx, no)
		if err != nil {
			return err
		}
		gone, fresh := delta(have, want)
		slices.Sort(fresh) // neighbours in package_version are read together
		if err := deleteRows(ctx, tx, "host_package", "version_id", no, gone); err != nil {
			return err
		}
		if err := insertPackages(ctx, tx, no, fresh, want); err != nil {
			return err
		}
		if err := setPackages(ctx, tx, host, etag, s.now(), len(want)); err != nil {
			return err
		}
		return s.notify(ctx, tx, host, len(gone)+len(fresh))
	})
	if err != nil {
		return fmt.Errorf("store packages: %w", err)
	}
	return nil
}

func (s *Service) wantedPackages(ctx context.Context, l agentapi.PackageList) (map[int32]packageMarks, error) {
	h := newHasher()
	digests, values := make([]digest, len(l.Packages)), make([]*agentapi.Package, len(l.Packages))
	for i := range l.Packages {
		values[i] = &l.Packages[i]
		digests[i] = h.version(values[i])
	}
	rows, err := s.versions.ids(ctx, s.db, digests, values)
	if err != nil {
		return nil, err
	}
	want := make(map[int32]packageMarks, len(rows))
	for i, id := range rows {
		want[id] = packageMarks{manual: !values[i].Auto, held: values[i].Held}
	}
	return want, nil
}

// StorePatches makes the stored updates of a host, and their counts, those of
// its report.
func (s *Service) StorePatches(ctx context.Context, host ids.ID, l agentapi.PatchList, etag string) error {
	want, counts, err := s.wantedPatches(ctx, l)
	if err != nil {
		return fmt.Errorf("store patches: %w", err)
	}
	counts.listsAt = l.CheckedAt
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		no, err := lockHost(ctx, tx, host)
		if err != nil {
			return err
		}
		have, err := readPatches(ctx, tx, no)
		if err != nil {
			return err
		}
		gone, fresh := delta(have, want)
		if err := deleteRows(ctx, tx, "host_patch", "offer_id", no, gone); err != nil {
			return err
		}
		if err := insertPatches(ctx, tx, no, fresh, want); err != nil {
			return err
		}
		if err := setPatches(ctx, tx, host, etag, s.now(), counts); err != nil {
			return err
		}
		return s.notify(ctx, tx, host, 1) // the age of the lists is new in any case
	})
	if err != nil {
		return fmt.Errorf("store patches: %w", err)
	}
	return nil
}

func (s *Service) wantedPatches(ctx context.Context, l agentapi.PatchList) (map[int32]patchMarks, counts, error) {
	h := newHasher()
	digests, values := make([]digest, len(l.Patches)), make([]*agentapi.Patch, len(l.Patches))
	for i := range l.Patches {
		p := bounded(l.Patches[i])
		values[i], digests[i] = &p, h.offer(&p)
	}
	rows, err := s.offers.ids(ctx, s.db, digests, values)
	if err != nil {
		return nil, counts{}, err
	}
	want := make(map[int32]patchMarks, len(rows))
	var c counts
	for i, id := range rows {
		if _, twice := want[id]; !twice {
			c.add(values[i])
		}
		want[id] = patchMarks{held: values[i].Held, phased: values[i].Phased, keptBack: values[i].KeptBack}
	}
	return want, c, nil
}

func (s *Service) notify(ctx context.Context, tx db.Tx, host ids.ID, changes int) error {
	if changes == 0 {
		return nil
	}
	return hosts.NotifyChanged(ctx, tx, host)
}
