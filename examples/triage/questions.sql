-- The five questions of a triage, for DuckDB (1.2 or later), over what cutover wrote. Nothing is copied or imported.
-- Set the five values below, then: duckdb < questions.sql, or take single statements after the views.
-- `cutover groups --json` names run, rules, fields and fingerprints. A store in S3 stands here as s3://bucket/prefix,
-- and needs the secret that `cutover captures --ddl duckdb` prints.
SET VARIABLE store = './data';
SET VARIABLE run = 'r0123456789';
SET VARIABLE rules = '0123456789ab';

-- What single statements ask about: a field, with [*] for every index, and a group.
SET VARIABLE field = '$.score';
SET VARIABLE fingerprint = '2:0123456789ab';

-- Findings, one a row: of the run, under the rules.
CREATE OR REPLACE TEMP VIEW diffs AS
SELECT *, regexp_replace(path, '\[\d+\]', '[*]', 'g') AS field
FROM read_parquet(getvariable('store') || '/compares/' || getvariable('run') || '/' || getvariable('rules') || '/diffs/*.parquet', hive_partitioning = false);

-- Results of the run, one a row.
CREATE OR REPLACE TEMP VIEW replays AS
FROM read_parquet(getvariable('store') || '/replays/' || getvariable('run') || '/*.parquet', hive_partitioning = false);

-- Captured requests of all runs. Inputs stand here as they were: no mask of the config is applied by SQL.
CREATE OR REPLACE TEMP VIEW captures AS
FROM read_parquet(getvariable('store') || '/captures/*/*/*.parquet', hive_partitioning = false);

-- 1. Which models and fields differ most? Pairs are requests; one may have several findings on a field.
SELECT model, field, rule, list_sort(list(DISTINCT kind)) AS kinds,
       count(DISTINCT (log, partition, "offset")) AS pairs, count(*) AS findings
FROM diffs
WHERE NOT waived
GROUP BY model, field, rule
ORDER BY pairs DESC, model, field, rule
LIMIT 50;

-- 2. How large are the differences of a field? candidate - legacy, and as a share of legacy.
SELECT model, count(delta) AS numbers, min(delta) AS least, max(delta) AS most,
       quantile_cont(delta, [0.05, 0.25, 0.5, 0.75, 0.95]) AS "delta at 5, 25, 50, 75, 95 %",
       quantile_cont(abs(delta / nullif(TRY_CAST(legacy AS DOUBLE), 0)), [0.5, 0.95, 1]) AS "relative at 50, 95, 100 %"
FROM diffs
WHERE field = getvariable('field') AND delta IS NOT NULL
GROUP BY model
ORDER BY model;

-- 3. What do the answers of a group look like next to the requests? Joined by position, which is unique; ids may repeat.
SELECT d.id, d.log || '/' || d.partition || '/' || d."offset" AS position, d.path, d.legacy, d.candidate, d.delta,
       TRY(decode(c.input)) AS request, TRY(decode(c.output)) AS legacy_answer, TRY(decode(r.output)) AS candidate_answer
FROM diffs d
JOIN captures c USING (log, partition, "offset")
JOIN replays r USING (log, partition, "offset")
WHERE d.fingerprint = getvariable('fingerprint')
ORDER BY d.log, d.partition, d."offset", d.path
LIMIT 50;

-- 4. Since when? Compared pairs and those that differ, by hour (UTC) of the capture and version of the legacy model.
SELECT c.model, c."modelVersion" AS version,
       make_timestamp((epoch_ms(c."capturedAt") // 3600000) * 3600000000) AS hour,
       count(*) AS pairs, count(d.log) AS differing, round(count(d.log) / count(*), 6) AS share
FROM captures c
JOIN replays r USING (log, partition, "offset")
LEFT JOIN (SELECT DISTINCT log, partition, "offset" FROM diffs WHERE NOT waived) d USING (log, partition, "offset")
WHERE r.outcome IN ('ok', 'model_error')
GROUP BY ALL
ORDER BY c.model, hour, version;

-- 5. Which requests are hit by several groups of findings?
SELECT id, log || '/' || partition || '/' || "offset" AS position, model,
       count(DISTINCT fingerprint) AS groups, count(*) AS findings
FROM diffs
WHERE NOT waived
GROUP BY id, log, partition, "offset", model
HAVING groups > 1
ORDER BY groups DESC, findings DESC, position
LIMIT 50;

-- 5, and which groups overlap: two that always come together have one cause.
WITH hits AS (SELECT DISTINCT fingerprint, log, partition, "offset" FROM diffs WHERE NOT waived),
     sizes AS (SELECT fingerprint, count(*) AS pairs FROM hits GROUP BY fingerprint)
SELECT a.fingerprint AS one, b.fingerprint AS other, count(*) AS pairs_of_both,
       round(count(*) / any_value(s.pairs), 6) AS share_of_one, round(count(*) / any_value(t.pairs), 6) AS share_of_other
FROM hits a
JOIN hits b USING (log, partition, "offset")
JOIN sizes s ON s.fingerprint = a.fingerprint
JOIN sizes t ON t.fingerprint = b.fingerprint
WHERE a.fingerprint < b.fingerprint
GROUP BY one, other
ORDER BY pairs_of_both DESC, one, other
LIMIT 50;
