-- The requests of writers that wait for the lock, which its holder commits with its own. They are not logged, because the
-- ledger alone says what is recorded: a request whose answer is lost is decided again.
-- makes: table planstore_requests
-- reads: nothing
CREATE UNLOGGED TABLE IF NOT EXISTS planstore_requests (
    id       uuid PRIMARY KEY,
    backend  integer NOT NULL,  -- the process of PostgreSQL that waits for the lock; without it, nobody waits any more
    actor    text NOT NULL,     -- who made the request: the user of its system
    size     integer NOT NULL,  -- number of events
    events   text NOT NULL,     -- JSON; never json, which changes numbers and refuses NUL
    is_taken boolean NOT NULL,  -- whether a holder of the lock is deciding it
    answer   text               -- JSON, once it is recorded or refused
);
