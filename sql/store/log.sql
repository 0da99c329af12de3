-- The commits of the ledger, newest first, with the counts of each run; of one actor, kind or time, or after a commit,
-- where these are given.
-- makes: rows
-- reads: commits, plans, runs, $actor, $after, $kind, $since, $until
SELECT c.commit_id, c.recorded_at, c.kind, c.run_id, c.message, c.actor,
       r.plan_id, (p.summary->>'$.total_cs_jobs')::BIGINT + (p.summary->>'$.total_symbol_jobs')::BIGINT AS trained_jobs,
       list_sum([n."rows" FOR n IN c.counts])::BIGINT AS events,
       map([n."table" FOR n IN c.counts], [n."rows" FOR n IN c.counts]) AS events_by_table,
       c.digest
FROM commits AS c
LEFT JOIN runs AS r USING (commit_id)
LEFT JOIN plans AS p ON p.plan_id = r.plan_id
WHERE ($actor IS NULL OR c.actor = $actor)
  AND ($kind IS NULL OR c.kind = $kind)
  AND ($since IS NULL OR c.recorded_at >= $since)
  AND ($until IS NULL OR c.recorded_at < $until)
  AND ($after IS NULL OR c.commit_id > $after)
ORDER BY c.commit_id DESC;
