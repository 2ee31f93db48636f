-- Until when the leader is taken to be alive, by this server's clock: after that whoever follows takes over. And of which
-- data directory it is, for that one may go on at once.
ALTER TABLE log_head
    ADD COLUMN lease_until timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN home text NOT NULL DEFAULT '';
