package agent

import (
	"context"
	"fmt"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agent/sysinfo"
	"patchmanager/internal/agentapi"
)

// Inventory looks at a machine and its package manager.
func Inventory(root string, m pkgmgr.Manager) func(context.Context) (agentapi.SystemInfo, error) {
	return func(ctx context.Context) (agentapi.SystemInfo, error) {
		info, err := sysinfo.Collect(ctx, sysinfo.Host{Root: root})
		if err != nil {
			return info, fmt.Errorf("look at the system: %w", err)
		}
		return info, addPackages(ctx, &info, m)
	}
}

func addPackages(ctx context.Context, info *agentapi.SystemInfo, m pkgmgr.Manager) error {
	info.PackageManager = m.Name()
	problems, err := m.Problems(ctx)
	if err != nil {
		return fmt.Errorf("look at the package database: %w", err)
	}
	info.PackageDBClean, info.PackageDBProblem = len(problems) == 0, append([]string{}, problems...)
	packages, err := m.Installed(ctx)
	if err != nil {
		return fmt.Errorf("list packages: %w", err)
	}
	info.Held = []string{}
	for _, p := range packages {
		if p.Held {
			info.Held = append(info.Held, p.Name)
		}
	}
	repositories, err := m.Repositories(ctx)
	if err != nil {
		return fmt.Errorf("list repositories: %w", err)
	}
	info.Repositories = append([]agentapi.Repository{}, repositories...)
	return nil
}
