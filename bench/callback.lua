-- A callback that is signed, but not with our secret.

wrk.method = "POST"
wrk.body = '{"event":"VerificationResultEvent","id":"1","method":"sms","status":"SUCCESSFUL",'
    .. '"identity":{"type":"number","endpoint":"+46700000001"}}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["x-timestamp"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
