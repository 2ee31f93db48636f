-- The log in Postgres: a copy of what a data directory holds, or the log itself where several machines write it.
-- One shop is one schema: everything is made in the schema that the connection's search_path names first.

-- Every event at its position. `record` are the bytes of the log, `data` the same for people, without personal data.
CREATE TABLE events (
    position     bigint      NOT NULL CHECK (position > 0),
    stream       text        COLLATE "C" NOT NULL,
    version      bigint      NOT NULL CHECK (version > 0),
    type         text        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    actor        text        NOT NULL,
    key          text        NOT NULL,
    data         jsonb       NOT NULL,
    record       bytea       NOT NULL,
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE INDEX events_of_stream ON events (stream, version);

-- Where each stream stands. Partitions can't keep stream and version unique among all of them; this does.
CREATE TABLE streams (
    stream   text   COLLATE "C" NOT NULL PRIMARY KEY,
    version  bigint NOT NULL CHECK (version > 0),
    position bigint NOT NULL CHECK (position > 0)
) WITH (fillfactor = 70);

-- The one row that everybody who appends locks: how far the log has come, and who may write it.
CREATE TABLE log_head (
    is_only  boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint  NOT NULL DEFAULT 0 CHECK (position >= 0),
    -- Raised by whoever takes over: who wrote under an older one finds out at his next write.
    epoch    bigint  NOT NULL DEFAULT 0,
    leader   text    NOT NULL DEFAULT ''
);
INSERT INTO log_head DEFAULT VALUES;

-- What opens the personal data of a person, by the SHA-256 of their name. An empty key: the person was erased.
CREATE TABLE person_keys (
    person bytea NOT NULL PRIMARY KEY,
    key    bytea NOT NULL
);

-- Events are never altered: not by privilege, and where privileges don't count, by trigger.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING HINT = 'Correct what happened by a new command; move old parts away with DETACH PARTITION.';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_truncated BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON events FROM PUBLIC, CURRENT_USER;

-- Makes the partitions that hold the positions, where they are missing: ten million positions each. A table is made alone
-- and attached then, which waits for no reader.
CREATE FUNCTION make_room(first bigint, last bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    span CONSTANT bigint := 10000000;
    part bigint;
    name text;
BEGIN
    FOR part IN (first - 1) / span .. (last - 1) / span LOOP
        name := format('events_%s', part);
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format('CREATE TRIGGER not_truncated BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM PUBLIC, CURRENT_USER', name);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            name, part * span + 1, (part + 1) * span + 1);
    END LOOP;
END
$$;

-- For auditors: SELECT * FROM history WHERE stream = 'stock-85123A' ORDER BY version.
CREATE VIEW history AS
    SELECT position, recorded_at, effective_at, stream, version, type, actor, key, data FROM events;
