// What the tests stand on: nginx and the simulator on ports that are free, a
// directory that goes away, and Chromium.

import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as net from 'node:net';
import * as os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const build = join(top, 'build', 'browser');
export const shots = join(build, 'shots');

const require = createRequire(join(build, 'package.json'));

const { chromium } = require('playwright-core');

export const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'),
                                         'utf8');

const nginx = process.env.TEST_NGINX_BINARY || 'nginx';
const patience = 60000;

fs.mkdirSync(shots, { recursive: true });


export async function until(what, test) {
    const end = Date.now() + patience;

    for (;;) {
        const value = await test();

        if (value) {
            return value;
        }

        if (Date.now() > end) {
            throw new Error('waited in vain: ' + what);
        }

        await new Promise((done) => setTimeout(done, 50));
    }
}


const taken = new Set();

async function port() {
    const [from, to] = (process.env.TEST_NGINX_PORTS || '26000-26999')
                       .split('-').map(Number);

    /* other tests may run at the same time: each begins somewhere else */

    const count = to - from + 1;
    const begin = process.pid * 61 % count;

    for (let i = 0; i < count; i++) {
        const n = from + (begin + i) % count;

        if (taken.has(n)) {
            continue;
        }

        taken.add(n);

        const free = await new Promise((done) => {
            const server = net.createServer();

            server.once('error', () => done(false));
            server.listen(n, '127.0.0.1', () => server.close(() => done(true)));
        });

        if (free) {
            return n;
        }
    }

    throw new Error('no port is free');
}


function module() {
    const name = 'ngx_http_phone_verify_module.so';
    const dirs = process.env.TEST_NGINX_MODULES
                 ? [process.env.TEST_NGINX_MODULES]
                 : [join(top, 'build', 'test'), join(top, 'build')];
    const found = dirs.map((dir) => join(dir, name)).find(fs.existsSync);

    if (!found) {
        throw new Error(name + ' is missing: make builds it');
    }

    return found;
}


// nginx with a configuration whose 127.0.0.1:8080, 8081 and 8082 become ports
// that are free.

export async function startNginx(file, options = {}) {
    const { needsModule = true, edit, api, files = {}, user } = options;
    const dir = fs.mkdtempSync(join(os.tmpdir(), 'phone-verify-browser-'));
    const ports = { 8080: await port(), 8081: api, 8082: await port() };
    let text = fs.readFileSync(file, 'utf8')
               .replace(/127\.0\.0\.1:(808[012])/g,
                        (all, n) => '127.0.0.1:' + ports[n]);

    if (edit) {
        text = edit(text);
    }

    for (const name of ['logs', 'html', 'modules']) {
        fs.mkdirSync(join(dir, name));
    }

    fs.symlinkSync(join(top, 'page'), join(dir, 'page'));
    fs.symlinkSync(join(top, 'conf-examples', 'demo-app'),
                   join(dir, 'demo-app'));
    fs.symlinkSync(join(top, 'conf-examples', 'brand'), join(dir, 'brand'));
    fs.writeFileSync(join(dir, 'sinch.secret'), 'BeIukql3pTKJ8RGL5zo0DA==\n',
                     { mode: 0o600 });
    fs.writeFileSync(join(dir, 'nginx.conf'), text);

    for (const name in files) {
        fs.writeFileSync(join(dir, name), files[name]);
    }

    if (needsModule) {
        fs.symlinkSync(module(),
                       join(dir, 'modules', 'ngx_http_phone_verify_module.so'));
    }

    const root = process.getuid() === 0 ? 'user root; ' : '';
    const child = spawn(nginx, ['-p', dir + '/', '-c', join(dir, 'nginx.conf'),
                                '-g', root + 'daemon off;'],
                        { stdio: ['ignore', 'inherit', 'inherit'] });
    let gone = false;

    child.on('exit', () => { gone = true; });

    await until('nginx', async () => {
        if (gone) {
            throw new Error('nginx did not start');
        }

        return fetch(`http://127.0.0.1:${ports[8080]}/verify/page.css`, {
            headers: user ? { Authorization: 'Basic ' + btoa(user) } : {},
        }).then((r) => r.ok, () => false);
    });

    const log = () => fs.readFileSync(join(dir, 'logs', 'error.log'), 'utf8');

    return {
        origin: `http://127.0.0.1:${ports[8080]}`,
        log,
        access: () => fs.readFileSync(join(dir, 'logs', 'access.log'), 'utf8'),

        // lines that nobody should find in the morning

        alarms: () => log().split('\n').filter((line) =>
            /\[(?:alert|emerg|crit)\]|Sanitizer|runtime error|SSI|unsafe URI|invalid expression|invalid variable/
            .test(line)),

        stop: async () => {
            child.kill('SIGTERM');
            await until('nginx to end', () => gone);
            fs.rmSync(dir, { recursive: true });
        },
    };
}


export async function startSimulator(...options) {
    const n = await port();
    const origin = `http://127.0.0.1:${n}`;
    const child = spawn('perl', [join(top, 'simulator', 'sinch-simulator'),
                                 '--http', '127.0.0.1:' + n, '--quiet',
                                 ...options],
                        { stdio: ['ignore', 'ignore', 'inherit'] });
    let gone = false;

    child.on('exit', () => { gone = true; });

    const outbox = () => fetch(origin + '/outbox').then((r) => r.json());

    await until('the simulator', () => {
        if (gone) {
            throw new Error('the simulator did not start');
        }

        return outbox().then(() => true, () => false);
    });

    return {
        port: n,
        origin,
        outbox,

        stop: async () => {
            child.kill('SIGTERM');
            await until('the simulator to end', () => gone);
        },
    };
}


export function startBrowser() {
    const name = process.env.CHROMIUM || 'chromium';
    const path = name.includes('/') ? name
                 : spawnSync('which', [name]).stdout.toString().trim();

    return chromium.launch({
        executablePath: path,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
               '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync'],
    });
}


// What the page said that it should not have: script errors, refusals by the
// Content-Security-Policy, requests to anybody else.

export function listen(page, origin) {
    const heard = [];

    page.on('pageerror', (error) => heard.push('error: ' + error.message));
    page.on('console', (message) => {
        if (message.type() === 'error'
            && !/status of (?:4|5)\d\d/.test(message.text()))
        {
            heard.push('console: ' + message.text());
        }
    });
    page.on('request', (request) => {
        if (!request.url().startsWith(origin)) {
            heard.push('request: ' + request.url());
        }
    });

    return heard;
}


export async function findings(page) {
    await page.evaluate(axeSource);

    const { violations } = await page.evaluate(() => axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
                  'best-practice'],
    }));

    return violations.flatMap((v) => v.nodes.map(
        (node) => `${v.id}: ${v.help}: ${node.target} ${node.html}`));
}
