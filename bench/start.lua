-- Starts: each of another number. One thread of wrk has one of these.

local counter = 0
local thread = 0

function setup(t)
    thread = thread + 1
    t:set("thread", thread)
end

function init()
    math.randomseed(os.time() * 100 + thread)
    counter = math.random(0, 9999999)
end

function request()
    counter = (counter + 1) % 10000000
    local body = string.format('{"number":"+467%d%07d"}', thread % 10, counter)
    return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end
