-- Rows by the thing that they belong to: the static IPs of a service, the access tokens of a user.
CREATE INDEX static_ip_by_owner
    ON record (CASE WHEN json_valid(body) THEN json_extract(body, '$.service') END, key)
    WHERE kind = 'static_ip';
CREATE INDEX token_by_owner
    ON record (CASE WHEN json_valid(body) THEN json_extract(body, '$.email') END, key)
    WHERE kind = 'token';
