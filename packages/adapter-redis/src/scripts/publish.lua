-- Publishes a batch: one command, however many channels each text goes to.
-- KEYS[1]   only in the sharded form: a key of the slot that all channels are of
-- ARGV      the command, "PUBLISH" or "SPUBLISH"; then for each text: the text, how many channels, the channels
-- Returns   nothing
local at = 2
while at <= #ARGV do
  local text, count = ARGV[at], tonumber(ARGV[at + 1])
  for channel = at + 2, at + 1 + count do
    redis.call(ARGV[1], ARGV[channel], text)
  end
  at = at + 2 + count
end
