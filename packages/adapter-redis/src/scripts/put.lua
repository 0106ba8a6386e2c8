-- A member's private state.
-- KEYS  bucket, conversation
-- ARGV  user; mute ("-" not, "+" for ever, a number: until then, empty: as it is); marked ("0", "1", empty: as it is)
-- Out   1, or 0: no member

local bucket = load_bucket(KEYS[1])
local conversation = load_conversation(KEYS[2], bucket, ARGV[1])
local member = conversation and load_member(conversation, ARGV[1])
if not member or not member.rank then return 0 end
whole_member(member)
if ARGV[2] ~= '' then member.mute = ARGV[2] end
if ARGV[3] ~= '' then member.marked = ARGV[3] == '1' end
member.change, member.dirty = tick(bucket), true
save_members(conversation, {})
save_bucket(bucket)
return 1
