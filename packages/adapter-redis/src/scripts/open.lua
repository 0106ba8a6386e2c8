-- Begins the store, or finds it there.
-- KEYS  store
-- ARGV  version of the schema, name of a new life
-- Out   { version that is there, the life's name }

redis.call('HSETNX', KEYS[1], 'schema', ARGV[1])
redis.call('HSETNX', KEYS[1], 'life', ARGV[2])
return redis.call('HMGET', KEYS[1], 'schema', 'life')
