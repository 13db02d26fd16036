-- 64 connections post jobs of about 500 bytes.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"type":"echo","payload":{"address":"1600 Amphitheatre Parkway, Mountain View","pad":"' .. string.rep("p", 440) .. '"}}'
