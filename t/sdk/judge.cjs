// Sinch's own SDK for Node signs and judges signatures.
//
//     node judge.cjs DIRECTORY < tasks.json > results.json
//
// DIRECTORY is where npm has installed the SDK. The tasks are a list; the
// results are one for each: the Authorization header, or true or false.
//
//     {"do":"sign","key","secret","method","path","type","timestamp","body"}
//     {"do":"judge","key","secret","method","path","headers","body"}

'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const sdk = createRequire(path.resolve(process.argv[2], 'package.json'))(
    '@sinch/sdk-core');

function run(task) {
    const { key, secret, method, body } = task;

    switch (task.do) {

    case 'sign':
        return sdk.generateAuthorizationHeader(method, body, task.type,
            `x-timestamp:${task.timestamp}`, task.path, key, secret);

    case 'judge':
        return sdk.validateAuthenticationHeader(key, secret, task.headers,
            body, task.path, method);
    }

    throw new Error(`unknown task ${task.do}`);
}

const tasks = JSON.parse(fs.readFileSync(0, 'utf8'));

process.stdout.write(JSON.stringify(tasks.map(run)));
