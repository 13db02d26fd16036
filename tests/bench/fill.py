"""Fills the store of a service that is stopped with finished jobs: copies of the last one that succeeded, a tag each.
usage: fill.py DATABASE COUNT [EXPIRED]     EXPIRED of them are past their retention"""
import os, sqlite3, sys, time
database, count = sys.argv[1], int(sys.argv[2])
expired = int(sys.argv[3]) if len(sys.argv) > 3 else 0
db = sqlite3.connect(database, isolation_level=None)
db.execute("PRAGMA synchronous=OFF")
db.execute("PRAGMA cache_size=-400000")
db.execute("PRAGMA foreign_keys=OFF")
(template,) = db.execute("SELECT max(seq) FROM jobs WHERE state = 10").fetchone()  # succeeded
now = int(time.time() * 1000)
first = (now - 90_000_000) << 16  # over a day that ended an hour ago, in order
step = (86_400_000 << 16) // count
others = {
    "jobs": {"seq": "?1 + n * ?2", "state": "CASE WHEN n % 50 = 0 THEN 12 ELSE state END",
             "created_at": "(?1 + n * ?2) >> 16", "updated_at": "(?1 + n * ?2) >> 16",
             "finished_at": f"CASE WHEN n < {expired} THEN {now - 8 * 86_400_000} ELSE (?1 + n * ?2) >> 16 END",
             "wake_at": f"CASE WHEN n < {expired} THEN {now} ELSE wake_at + 86400000 END"},
    "attempts": {"job": "?1 + n * ?2"},
    "events": {"job": "?1 + n * ?2", "seq": "?1 + n * ?2"},
}
db.execute("BEGIN")
for table, replaced in others.items():
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    picked = ", ".join(replaced.get(column, column) for column in columns)
    key = "seq" if table == "jobs" else "job"
    # The numbers lead, so that rows come in the order of their keys.
    db.execute(f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?3) "
               f"INSERT INTO {table}({', '.join(columns)}) SELECT {picked} FROM numbers CROSS JOIN "
               f"(SELECT * FROM {table} WHERE {key} = ?4)", (first, step, count, template))
db.execute("WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?3) "
           "INSERT INTO tags(tenant, name, value, job) SELECT 0, 'team', 't' || (n / (?3 / 1000 + 1)), ?1 + n * ?2 FROM numbers",
           (first, step, count))
db.execute("INSERT INTO tags(tenant, name, value, job) SELECT 0, 'over', 'yes', seq FROM jobs WHERE wake_at <= ?", (now,))
db.execute("UPDATE jobs SET wake_at = ? WHERE wake_at <= ?", (int(time.time() * 1000), now))  # over just now
db.execute("COMMIT")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
os.sync()  # or what is measured next waits for what was written here
print(db.execute("SELECT count(*) FROM jobs").fetchone()[0], "jobs")
