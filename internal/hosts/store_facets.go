package hosts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// labelFacet before a key names the facet of that key's labels.
const labelFacet = "label:"

// countFacets counts all facets in one statement, so that they are of one moment.
//
// A host counts for a facet when it meets all conditions but those of that facet.
// So it is read once, with the number of the one facet whose condition it misses
// (0: it misses none); who misses two counts for nothing.
func countFacets(ctx context.Context, q db.Querier, scope Scope, f Filter, now time.Time) ([]facetCount, error) {
	c := chooseForFacets(f, scope, now)
	words := []wordFacet{
		{"pending", func(v string) []condition { return byPending(Filter{Pending: v}, scope, now) }},
		{"severity", func(v string) []condition { return bySeverity(Filter{Severities: []Severity{Severity(v)}}, scope, now) }},
		{"compliance", func(v string) []condition {
			return byCompliance(Filter{Compliance: []Compliance{Compliance(v)}}, scope, now)
		}},
		{"facts", func(v string) []condition { return byFacts(Filter{Facts: v}, scope, now) }},
	}
	parts := []string{"select 'total' as facet, '' as key, '' as value, null::uuid as id, coalesce(sum(k.n), 0)::bigint as n from kinds k where k.miss = 0",
		c.byColumn("state", 10), c.byColumn("os", 200), c.byColumn("agent_version", 200), c.byColumn("reboot", 3), c.byColumn("enrolled", 2),
		c.byGroup(scope), c.byNoGroup(), byLabelSQL, byLabelKeySQL}
	for _, w := range words {
		parts = append(parts, c.byWord(w.name))
	}
	sql := "with chosen as materialized (" + c.sql + "), kinds as materialized (" + kindsSQL(words) + "), labels as materialized (" + c.labels() + ") " +
		strings.Join(parts, " union all ")
	rows, err := q.Query(ctx, sql+" order by 1, 5 desc, 2, 3, 4", c.args)
	if err != nil {
		return nil, fmt.Errorf("count facets: %w", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[facetCount])
	if err != nil {
		return nil, fmt.Errorf("count facets: %w", err)
	}
	return counts, nil
}

// facetQuery is the common part of all facets: sql reads the hosts that miss at
// most one facet's condition.
type facetQuery struct {
	sql   string
	args  pgx.NamedArgs
	names []string // of the facets that the filter chooses from; numbered from 1
}

func chooseForFacets(f Filter, scope Scope, now time.Time) facetQuery {
	c := facetQuery{args: pgx.NamedArgs{"fresh": now.Add(-FreshFor)}}
	where := "h.removed_at is null and " + scope.SQL("h.id")
	var misses, number []string
	for _, part := range conditions {
		for _, one := range part(f, scope, now) {
			maps.Copy(c.args, one.args)
			if one.facet == "" {
				where += " and " + one.sql
				continue
			}
			c.names = append(c.names, one.facet)
			misses = append(misses, fmt.Sprintf("((%s) is not true)::int as miss%d", one.sql, len(c.names)))
			number = append(number, fmt.Sprintf("%d * miss%[1]d", len(c.names)))
		}
	}
	// offset 0 keeps the conditions from being computed once for each mention.
	c.sql = fmt.Sprintf("select *, %s as miss from (select %s from host h left join host_patch_summary_v s on s.host_id = h.id where %s offset 0) x where %s",
		sumOf(number), strings.Join(append([]string{facetColumns}, misses...), ", "), where, atMostOne(len(c.names)))
	return c
}

const facetColumns = `h.id, h.state::text as state, coalesce(h.os, '') as os, coalesce(h.agent_version, '') as agent_version,
	coalesce(h.reboot_needed::text, 'unknown') as reboot, (h.enrolled_at is not null)::text as enrolled,
	s.total, s.security, s.critical, s.high, s.medium, s.low, s.unknown, s.checked_at`

func sumOf(terms []string) string { return strings.Join(append([]string{"0"}, terms...), " + ") }

func atMostOne(n int) string {
	terms := make([]string, n)
	for i := range terms {
		terms[i] = fmt.Sprintf("miss%d", i+1)
	}
	return sumOf(terms) + " <= 1"
}

// counts is the condition that a row of a table counts for a facet. A plain
// comparison would let the planner expect hardly any row.
func (c facetQuery) counts(table, facet string) string {
	if len(c.names) == 0 {
		return "true"
	}
	numbers := "0"
	if n := slices.Index(c.names, facet); n >= 0 {
		numbers = fmt.Sprintf("0, %d", n+1)
	}
	return fmt.Sprintf("case when %s.miss in (%s) then true else false end", table, numbers)
}

// wordFacet is a facet of fixed words, and the very conditions that choose them;
// their only argument is @fresh.
type wordFacet struct {
	name   string
	choose func(word string) []condition
}

// kindsSQL puts hosts of a kind together, so that all that is not of labels or
// groups is counted in one pass over the hosts.
func kindsSQL(words []wordFacet) string {
	const kind = "s.miss, s.state, s.os, s.agent_version, s.reboot, s.enrolled"
	sql := "select " + kind + ", count(*) as n"
	for _, w := range words {
		for n, word := range fixedWords[w.name] {
			sql += fmt.Sprintf(", count(*) filter (where %s) as %s%d", w.choose(word)[0].sql, w.name, n)
		}
	}
	return sql + " from chosen s group by " + kind
}

// byColumn counts a facet of which each host has one value.
func (c facetQuery) byColumn(facet string, limit int) string {
	return fmt.Sprintf("(select '%[1]s', '', k.%[1]s, null::uuid, sum(k.n)::bigint from kinds k where %[2]s group by k.%[1]s order by 5 desc, 3 limit %[3]d)",
		facet, c.counts("k", facet), limit)
}

func (c facetQuery) byWord(facet string) string {
	var sums, values []string
	for n, word := range fixedWords[facet] {
		sums = append(sums, fmt.Sprintf("coalesce(sum(k.%s%d), 0)::bigint as n%[2]d", facet, n))
		values = append(values, fmt.Sprintf("('%s', n%d)", word, n))
	}
	return fmt.Sprintf("select '%s', '', v.word, null::uuid, v.n from (select %s from kinds k where %s) t cross join lateral (values %s) v (word, n)",
		facet, strings.Join(sums, ", "), c.counts("k", facet), strings.Join(values, ", "))
}

func (c facetQuery) byGroup(scope Scope) string {
	return fmt.Sprintf(`(select 'group', '', g.name, g.id, count(s.id) from host_group g left join host_group_host m on m.group_id = g.id
		left join chosen s on s.id = m.host_id and %s where %s group by g.id order by 5 desc, lower(g.name), g.id limit 500)`,
		c.counts("s", "group"), scope.GroupSQL("g.id"))
}

func (c facetQuery) byNoGroup() string {
	return fmt.Sprintf(`select 'no_group', '', '', null::uuid, count(*) from chosen s
		where %s and s.id not in (select m.host_id from host_group_host m)`, c.counts("s", "group"))
}

// labels counts labels; those of a key under all conditions but that of the key.
func (c facetQuery) labels() string {
	counts := c.counts("s", "")
	for n, name := range c.names {
		if key, ok := strings.CutPrefix(name, labelFacet); ok {
			arg := fmt.Sprintf("facet%d", n)
			c.args[arg] = key
			counts += fmt.Sprintf(" or (s.miss = %d and l.key = @%s)", n+1, arg)
		}
	}
	return "select l.key, l.value, count(*) as n from host_label l join chosen s on s.id = l.host_id where " + counts + " group by l.key, l.value"
}

const byLabelSQL = "(select 'label', l.key, l.value, null::uuid, l.n from labels l order by 5 desc, 2, 3 limit 500)"

const byLabelKeySQL = "(select 'label_key', '', l.key, null::uuid, sum(l.n)::bigint from labels l group by l.key order by 5 desc, 3 limit 200)"
