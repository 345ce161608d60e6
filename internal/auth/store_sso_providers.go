package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

const providerColumns = `p.id, p.name, p.kind, p.issuer, p.tenant_id, p.client_id, p.sealed_secret, p.scopes, p.enabled, p.role_claim, p.groups_claim,
	coalesce(p.default_role::text, ''), p.create_users, p.accept_mfa, p.mfa_values, p.created_at`

func (p *provider) fields() []any {
	return []any{&p.ID, &p.Name, &p.Kind, &p.Issuer, &p.TenantID, &p.ClientID, &p.sealedSecret, &p.Scopes, &p.Enabled, &p.RoleClaim, &p.GroupsClaim,
		&p.DefaultRole, &p.CreateUsers, &p.AcceptMFA, &p.MFAValues, &p.createdAt}
}

func readProviders(ctx context.Context, q db.Querier) ([]provider, error) {
	return queryProviders(ctx, q, `select `+providerColumns+` from auth_sso_provider p order by lower(p.name)`)
}

func providerByID(ctx context.Context, q db.Querier, id ids.ID) (provider, bool, error) {
	return first(queryProviders(ctx, q, `select `+providerColumns+` from auth_sso_provider p where p.id = $1`, id))
}

// lockProvider keeps changes of one provider in a row.
func lockProvider(ctx context.Context, tx db.Tx, id ids.ID) (provider, bool, error) {
	return first(queryProviders(ctx, tx, `select `+providerColumns+` from auth_sso_provider p where p.id = $1 for update`, id))
}

func first[T any](list []T, err error) (one T, found bool, _ error) {
	if err != nil || len(list) == 0 {
		return one, false, err
	}
	return list[0], true, nil
}

func queryProviders(ctx context.Context, q db.Querier, sql string, args ...any) ([]provider, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p provider, err error) {
		return p, row.Scan(p.fields()...)
	})
	if err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	for i := range list {
		if list[i].Mappings, err = readMappings(ctx, q, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func readMappings(ctx context.Context, q db.Querier, provider ids.ID) ([]ProviderMapping, error) {
	rows, err := q.Query(ctx, `
		select m.claim_value, coalesce(m.role::text, ''),
			array(select g.group_id from auth_sso_mapping_group g
				where g.provider_id = m.provider_id and g.claim_value = m.claim_value order by g.group_id)
		from auth_sso_mapping m where m.provider_id = $1 order by m.position`, provider)
	if err != nil {
		return nil, fmt.Errorf("read mappings: %w", err)
	}
	list, err := pgx.AppendRows([]ProviderMapping{}, rows, pgx.RowToStructByPos[ProviderMapping])
	if err != nil {
		return nil, fmt.Errorf("read mappings: %w", err)
	}
	return list, nil
}

// enabledProviders are those that the sign-in page offers.
func enabledProviders(ctx context.Context, q db.Querier) ([]ProviderName, error) {
	rows, err := q.Query(ctx, `select id, name from auth_sso_provider where enabled order by lower(name)`)
	if err != nil {
		return nil, fmt.Errorf("read enabled providers: %w", err)
	}
	list, err := pgx.AppendRows([]ProviderName{}, rows, pgx.RowToStructByPos[ProviderName])
	if err != nil {
		return nil, fmt.Errorf("read enabled providers: %w", err)
	}
	return list, nil
}

// writeProvider inserts or replaces a provider with its mappings.
func writeProvider(ctx context.Context, tx db.Tx, p provider, now time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into auth_sso_provider (id, name, kind, issuer, tenant_id, client_id, sealed_secret, scopes, enabled, role_claim, groups_claim,
			default_role, create_users, accept_mfa, mfa_values, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, '')::auth_role, $13, $14, $15, $16, $17)
		on conflict (id) do update set name = excluded.name, kind = excluded.kind, issuer = excluded.issuer, tenant_id = excluded.tenant_id,
			client_id = excluded.client_id, sealed_secret = excluded.sealed_secret, scopes = excluded.scopes, enabled = excluded.enabled,
			role_claim = excluded.role_claim, groups_claim = excluded.groups_claim, default_role = excluded.default_role,
			create_users = excluded.create_users, accept_mfa = excluded.accept_mfa, mfa_values = excluded.mfa_values, updated_at = excluded.updated_at`,
		p.ID, p.Name, p.Kind, p.Issuer, p.TenantID, p.ClientID, p.sealedSecret, p.Scopes, p.Enabled, p.RoleClaim, p.GroupsClaim,
		p.DefaultRole, p.CreateUsers, p.AcceptMFA, p.MFAValues, p.createdAt, now)
	if err != nil {
		return fmt.Errorf("write provider: %w", err)
	}
	if _, err := tx.Exec(ctx, `delete from auth_sso_mapping where provider_id = $1`, p.ID); err != nil {
		return fmt.Errorf("replace mappings: %w", err)
	}
	for i, m := range p.Mappings {
		if err := insertMapping(ctx, tx, p.ID, i, m); err != nil {
			return err
		}
	}
	return nil
}

func insertMapping(ctx context.Context, tx db.Tx, provider ids.ID, position int, m ProviderMapping) error {
	_, err := tx.Exec(ctx, `
		insert into auth_sso_mapping (provider_id, claim_value, position, role) values ($1, $2, $3, nullif($4, '')::auth_role)`,
		provider, m.ClaimValue, position, m.Role)
	if err != nil {
		return fmt.Errorf("insert mapping: %w", err)
	}
	_, err = tx.Exec(ctx, `
		insert into auth_sso_mapping_group (provider_id, claim_value, group_id) select $1, $2, unnest($3::uuid[])`, provider, m.ClaimValue, m.GroupIDs)
	if err != nil {
		return fmt.Errorf("insert groups of mapping: %w", err)
	}
	return nil
}

// deleteProviderRows removes a provider with all that hangs on it, and says how
// many links that ended.
func deleteProviderRows(ctx context.Context, tx db.Tx, id ids.ID) (links int, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from auth_sso_link where provider_id = $1`, id).Scan(&links); err != nil {
		return 0, fmt.Errorf("count links: %w", err)
	}
	if _, err := tx.Exec(ctx, `delete from auth_sso_provider where id = $1`, id); err != nil {
		return 0, fmt.Errorf("delete provider: %w", err)
	}
	return links, nil
}
