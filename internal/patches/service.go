package patches

import (
	"context"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Deps is what a Service needs.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
}

// Service is the use cases of packages and patches. It is the collector of the
// polls of kind "patches".
type Service struct {
	db       *db.DB
	clock    clock.Clock
	versions *shared[*agentapi.Package]
	offers   *shared[*agentapi.Patch]
}

// New makes a service.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, versions: newVersions(), offers: newOffers()}
}

func (s *Service) now() time.Time { return s.clock.Now() }

// Collect reads packages and patches of a host and stores what differs from
// the last time. Packages come first: an update of a package that is not
// listed would be a riddle to whoever looks in between.
func (s *Service) Collect(ctx context.Context, agent *agentclient.Agent, host ids.ID) error {
	packagesTag, patchesTag, err := etags(ctx, s.db, host)
	if err != nil {
		return err
	}
	packages, err := agent.Packages(ctx, packagesTag)
	if err != nil {
		return err
	}
	if !packages.Unchanged {
		if err := s.StorePackages(ctx, host, packages.Data, packages.ETag); err != nil {
			return err
		}
	}
	patches, err := agent.Patches(ctx, patchesTag)
	if err != nil || patches.Unchanged {
		return err
	}
	return s.StorePatches(ctx, host, patches.Data, patches.ETag)
}
