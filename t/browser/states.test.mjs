// The page in each of its states, in each language, at each size.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { build, findings, listen, shots, startBrowser, startNginx, top, until }
    from './env.mjs';

const states = {
    number: '',
    'number-wrong': 'error=invalid_number',
    'number-denied': 'error=destination_denied',
    'number-busy': 'error=busy',
    'number-change': 'status=PENDING&method=sms&change=1',
    known: 'fixed=1',
    'code-sms': 'status=PENDING&method=sms&resend=27&left=5',
    'code-delivered': 'status=PENDING&method=sms&resend=27&left=5&delivered=1',
    'code-whatsapp': 'status=PENDING&method=whatsapp&resend=0&left=5',
    'code-callout': 'status=PENDING&method=callout&resend=0&left=5',
    'code-wrong': 'status=PENDING&method=sms&resend=0&left=2'
                  + '&error=invalid_code',
    'code-too-often': 'status=PENDING&method=sms&resend=12&left=5'
                      + '&error=too_many_requests',
    'code-much-too-often': 'status=PENDING&method=sms&resend=5000&left=5'
                           + '&error=too_many_requests',
    'code-letters': 'status=PENDING&method=sms&resend=0&left=5&letters=1',
    flashcall: 'status=PENDING&method=flashcall&all=1&resend=0&left=5',
    'flashcall-wrong': 'status=PENDING&method=flashcall&all=1&resend=9&left=4'
                       + '&error=invalid_code',
    seamless: 'status=PENDING&method=seamless&all=1&resend=20',
    expired: 'status=FAIL&method=sms&reason=expired',
    attempts: 'status=FAIL&method=sms&reason=code',
    unreachable: 'status=ERROR&method=sms&reason=network',
    denied: 'status=DENIED&method=sms&reason=fraud',
    aborted: 'status=ABORTED&method=sms',
    service: 'status=DENIED&method=sms&reason=credit',
    'service-fails': 'status=DENIED&method=sms&reason=credit'
                     + '&error=provider_unavailable',
    stepup: 'status=SUCCESSFUL&method=sms&error=phone_verification_expired',
    done: 'status=SUCCESSFUL&method=sms',
};

/* those that a page gets; the gate's own lead to a view of theirs */

const errors = [...readFileSync(join(top, 'src', 'verification', 'error.c'),
                                'utf8').matchAll(/\bE\("([a-z_]+)"/g)]
               .map(([, code]) => code)
               .filter((code) => !code.startsWith('phone_verification_'));

const languages = ['en', 'sv', 'de', 'fr', 'es', 'pt', 'it', 'pl', 'tr', 'ar',
                   'hi', 'ja'];

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 860 };
const narrow = { width: 320, height: 256 };    /* 1280 at 400 % */

let nginx, browser;

before(async () => {
    nginx = await startNginx(join(top, 't', 'browser', 'states.conf'),
                             { needsModule: false });
    browser = await startBrowser();
});

after(async () => {
    await browser?.close();
    await nginx?.stop();
});


async function open(query, options = {}) {
    const context = await browser.newContext({
        viewport: phone,
        locale: 'en',
        ...options,
    });
    const page = await context.newPage();

    page.heard = listen(page, nginx.origin);

    await page.goto(nginx.origin + '/verify/?' + query);

    return page;
}

const noOverflow = (page) => page.evaluate(() =>
    document.documentElement.scrollWidth <= window.innerWidth);

const small = (page) => page.evaluate(() =>
    [...document.querySelectorAll('button, a, select, input:not([type=hidden])')]
    .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44)
    .map((e) => e.outerHTML));


for (const [name, query] of Object.entries(states)) {
    test(`${name}: accessible, fits, has a way on`, async () => {
        for (const [device, viewport] of [['phone', phone], ['desktop', desk]]) {
            for (const colorScheme of ['light', 'dark']) {
                const page = await open(query, {
                    viewport, colorScheme, reducedMotion: 'reduce',
                });

                assert.deepEqual(await findings(page), []);
                assert.ok(await noOverflow(page), 'no sideways scrolling');
                assert.deepEqual(await small(page), [], '44 px targets');
                assert.equal(await page.locator('h1').count(), 1);
                assert.notEqual(await page.locator(
                    'button:visible, a:visible').count(), 0, 'no dead end');
                assert.deepEqual(page.heard, []);

                await page.screenshot({
                    path: join(shots, `${name}-${device}-${colorScheme}.png`),
                    fullPage: device === 'phone',
                });
                await page.context().close();
            }
        }
    });

    test(`${name}: without JavaScript`, async () => {
        const page = await open(query, {
            viewport: narrow, javaScriptEnabled: false, reducedMotion: 'reduce',
        });

        assert.equal(await page.locator('h1').count(), 1);
        assert.notEqual(await page.locator('button:visible, a:visible').count(),
                        0, 'no dead end');

        const bodies = await page.locator('body').innerText();

        assert.doesNotMatch(bodies, /<!--|\(none\)|\$\w|undefined/);

        await page.screenshot({
            path: join(shots, `${name}-narrow-plain.png`), fullPage: true,
        });
        await page.context().close();
    });
}


for (const language of languages) {
    test(`${language}: fits 320 px, accessible, nothing left in English`,
         async () => {
        const english = readStrings('en');

        for (const name of ['number', 'code-delivered', 'code-wrong',
                            'flashcall', 'seamless', 'expired', 'done'])
        {
            const page = await open(states[name], {
                locale: language, viewport: narrow, reducedMotion: 'reduce',
            });

            assert.equal(await page.getAttribute('html', 'lang'), language);
            assert.equal(await page.getAttribute('html', 'dir'),
                         language === 'ar' ? 'rtl' : 'ltr');
            assert.ok(await noOverflow(page), name);
            assert.deepEqual(await findings(page), []);
            assert.deepEqual(page.heard, []);

            if (language !== 'en') {
                const text = await page.locator('h1').innerText();

                assert.ok(!Object.values(english).includes(text), text);
            }

            await page.setViewportSize(phone);
            await page.screenshot({
                path: join(shots, `${name}-phone-${language}.png`),
                fullPage: true,
            });
            await page.context().close();
        }
    });

    test(`${language}: has each string once, short and plain`, () => {
        const strings = readStrings(language);

        assert.deepEqual(Object.keys(strings),
                         Object.keys(readStrings('en')));

        for (const value of Object.values(strings)) {
            assert.ok(value.length > 0 && Buffer.byteLength(value) < 1024);
            assert.doesNotMatch(value, /[$"<>\\]/);
        }
    });
}

function readStrings(language) {
    const text = readFileSync(join(top, 'page', 'site', 'lang',
                                   language + '.html'), 'utf8');
    const lines = text.trimEnd().split('\n').map((line) =>
        /^<!--# set var="([a-z_]+)" value="([^"]*)" -->$/.exec(line)
        ?? assert.fail(line));

    assert.equal(new Set(lines.map((line) => line[1])).size, lines.length);

    return Object.fromEntries(lines.map((line) => [line[1], line[2]]));
}


test('there is a file for each language and none besides', () => {
    assert.deepEqual(readdirSync(join(top, 'page', 'site', 'lang')).sort(),
                     languages.map((l) => l + '.html').sort());
});


test('every string of a part or of the frame is in the language files', () => {
    const site = join(top, 'page', 'site');
    const strings = readStrings('en');
    const used = new Set();

    for (const file of ['index.html',
                        ...readdirSync(join(site, 'parts'))
                           .map((name) => 'parts/' + name)])
    {
        for (const [, name] of readFileSync(join(site, file), 'utf8')
                               .matchAll(/[$"]([tefj]_[a-z_]+)/g))
        {
            assert.ok(name in strings, `${file}: ${name}`);
            used.add(name);
        }
    }

    assert.deepEqual(Object.keys(strings).filter((name) => !used.has(name)),
                     [], 'and none is there in vain');
});


test('every error has words of its own, in an alert', async () => {
    const general = readStrings('en').e_general;

    assert.ok(errors.length > 15);

    for (const error of errors) {
        const page = await open('error=' + error);
        const words = await page.locator('[role=alert]').innerText();

        assert.notEqual(words, '', error);

        if (!/^(?:invalid_request|method_not|too_large|unsupported|int|not_)/
             .test(error))
        {
            assert.notEqual(words, general, error);
        }

        assert.match(await page.title(), /^Error: /);
        await page.context().close();
    }
});


test('a grant that is not enough leads to the step-up, whatever went wrong',
     async () => {
    for (const [error, words] of [
        ['phone_verification_required', 'Confirm it’s still you'],
        ['too_many_requests', 'Confirm it’s still you'],
        ['invalid_method', 'Confirm it’s still you'],
        ['no_verification', 'Number verified'],
        ['', 'Number verified'],
    ]) {
        const page = await open('status=SUCCESSFUL&method=sms&error=' + error);

        assert.equal(await page.locator('h1').innerText(), words, error);
        await page.context().close();
    }
});


test('a long wait is told in minutes or hours', async () => {
    for (const [seconds, words] of [
        [119, /in 11\d s$/], [120, /in (?:2 min|119 s)$/],
        [5000, /in 84 min$/], [86000, /in 24 hr$/],
    ]) {
        const page = await open('status=PENDING&method=sms&resend=' + seconds);

        assert.match(await page.locator('.wait:visible').innerText(), words);
        await page.context().close();
    }
});


test('a string that a language lacks is English', async () => {
    const page = await open('', { locale: 'sv' });

    await page.goto(nginx.origin + '/partly/');

    assert.equal(await page.locator('button.main').innerText(), 'Vidare');
    assert.equal(await page.locator('h1').innerText(),
                 readStrings('en').t_number_title);
    await page.context().close();
});


test('a brand: name, words, colours', async () => {
    const page = await open('', { reducedMotion: 'reduce' });

    await page.goto(nginx.origin + '/branded/');

    assert.equal(await page.locator('.brand').innerText(), 'Quill & Daughters');
    assert.match(await page.title(), / · Quill & Daughters$/);
    assert.equal(await page.locator('button.main').evaluate(
        (e) => getComputedStyle(e).backgroundColor), 'rgb(106, 44, 145)');
    assert.deepEqual(await findings(page), []);
    await page.screenshot({ path: join(shots, 'branded-phone.png'),
                            fullPage: true });
    await page.setViewportSize(desk);
    await page.screenshot({ path: join(shots, 'branded-desktop.png') });
    await page.context().close();
});


test('language and country from Accept-Language', async () => {
    for (const [header, language, country] of [
        [undefined, 'en', ''],
        ['', 'en', ''],
        ['sv-SE,sv;q=0.9,en;q=0.8', 'sv', 'SE'],
        ['sv', 'sv', 'SE'],
        ['SV-se', 'sv', ''],
        ['en-GB,en;q=0.9', 'en', 'GB'],
        ['en', 'en', ''],
        ['pt-BR,pt;q=0.9', 'pt', 'BR'],
        ['es-419,es;q=0.9', 'es', 'ES'],
        ['zh-Hant-TW,zh;q=0.9,ja;q=0.8', 'ja', 'TW'],
        ['nn-NO,nb;q=0.9,sv;q=0.5', 'sv', 'NO'],
        ['da, en-gb;q=0.8', 'en', 'DK'],
        ['*', 'en', ''],
        ['de_DE', 'en', ''],
        ['svenska', 'en', ''],
        [', ,;q=,,ar', 'ar', ''],
        ['../../etc/passwd', 'en', ''],
        ['"><script>', 'en', ''],
        ['x-'.repeat(3500), 'en', ''],
        ['xx,'.repeat(2300) + 'hi', 'hi', ''],
        ['1, '.repeat(2000) + '1', 'en', ''],
        [',  1'.repeat(1500), 'en', ''],
    ]) {
        const response = await fetch(nginx.origin + '/verify/', {
            headers: header === undefined ? { 'Accept-Language': '' }
                                          : { 'Accept-Language': header },
        });
        const text = await response.text();

        assert.equal(response.status, 200);
        assert.equal(/<html lang="([^"]*)"/.exec(text)[1], language, header);
        assert.equal(/value="([A-Z]*)"[^>]* selected/.exec(text)?.[1] ?? '',
                     country, header);
    }
});


test('the headers', async () => {
    const response = await fetch(nginx.origin + '/verify/');
    const policy = response.headers.get('Content-Security-Policy');

    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /form-action 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*|data:/);
    assert.equal(response.headers.get('Cache-Control'), 'no-store');
    assert.equal(response.headers.get('X-Content-Type-Options'), 'nosniff');
    assert.equal(response.headers.get('Vary'), 'Accept-Language');
    assert.match(response.headers.get('Content-Type'), /charset=utf-8/);

    for (const file of ['page.css', 'page.js', 'brand.css']) {
        const r = await fetch(nginx.origin + '/verify/' + file);

        assert.equal(r.headers.get('Cache-Control'), 'no-cache');
        assert.ok(r.headers.get('ETag'));
        assert.ok((await r.text()).length < 16384, file + ' is small');
    }

    assert.doesNotMatch(await response.text(),
                        /<style|<script>| style=| on[a-z]+=|https?:/);
});


test('what comes from outside is text', async () => {
    const evil = '/"><img src=x onerror=alert(1)>&a=1\'';
    const page = await open('return=' + encodeURIComponent(evil)
                            + '&error=%22%3E%3Cu%3E');

    assert.equal(await page.locator('img, u').count(), 0);
    assert.deepEqual(page.heard, []);
    await page.context().close();
});


test('any spelling of a number, and no prefix twice', async () => {
    const page = await open('');
    const bodies = [];

    await page.route('**/verify/start', async (route) => {
        bodies.push(new URLSearchParams(route.request().postData()));
        await route.fulfill({ status: 400, contentType: 'application/json',
                              body: '{"code":"invalid_request"}' });
    });

    for (const [country, typed, number] of [
        ['SE', '070-174 06 05', '+46701740605'],
        ['SE', '70 174 06 05', '+46701740605'],
        ['SE', '+46 70 174 06 05', '+46701740605'],
        ['SE', '+46 (0)70-174 06 05', '+46701740605'],
        ['SE', '+46 070 174 06 05', '+46701740605'],
        ['SE', '0046701740605', '+46701740605'],
        ['SE', '46701740605', '+46701740605'],
        ['SE', 'tel:+46701740605', '+46701740605'],
        ['SE', '\u202a+46 70 174 06 05\u202c', '+46701740605'],
        ['SE', '070.174.06.05', '+46701740605'],
        ['SE', '070\u2013174\u00a006\u00a005', '+46701740605'],
        ['SE', '+44 7400 123456', '+447400123456'],
        ['', '+46701740605', '+46701740605'],
        ['US', '(202) 555-0143', '+12025550143'],
        ['US', '1 202 555 0143', '+12025550143'],
        ['US', '+1 202 555 0143', '+12025550143'],
        ['US', '011 46 70 174 06 05', '+46701740605'],
        ['CA', '416 555 0143', '+14165550143'],
        ['IT', '333 123 4567', '+393331234567'],
        ['IT', '06 1234 5678', '+390612345678'],
        ['IT', '39 333 123 4567', '+393331234567'],
        ['RU', '8 912 345 67 89', '+79123456789'],
        ['HU', '06 20 123 4567', '+36201234567'],
        ['BY', '8 029 491-19-11', '+375294911911'],
        ['BY', '029 491-19-11', '+375294911911'],
        ['BY', '8 29 491-19-11', '+375294911911'],
        ['BY', '029 491-19-1', '+375029491191'],
        ['LT', '8 612 34567', '+37061234567'],
        ['LT', '0 612 34567', '+37061234567'],
        ['LT', '8 612 3456', '+37086123456'],
        ['LT', '+370 (0)612 34567', '+37061234567'],
        ['GB', '07400 123456', '+447400123456'],
        ['DE', '0151 12345678', '+4915112345678'],
        ['IN', '98765 43210', '+919876543210'],
        ['IN', '\u096f\u096e\u096d\u096c\u096b \u096a\u0969\u0968\u0967\u0966',
         '+919876543210'],
        ['EG', '\u0660\u0661\u0660 \u0661\u0662\u0663\u0664 \u0665\u0666\u0667\u0668',
         '+201012345678'],
        ['JP', '\uff10\uff19\uff10\u2212\uff11\uff12\uff13\uff14\u2212\uff15\uff16\uff17\uff18',
         '+819012345678'],
    ]) {
        await page.selectOption('#country', country);
        await page.fill('#number', typed);
        await page.click('button.main');
        await page.locator('[role=alert]:visible').waitFor();
        await page.waitForFunction(
            () => !document.querySelector('[aria-disabled]'));
        assert.equal(bodies.length, 1, typed);
        assert.equal(bodies.pop().get('number'), number, typed);
        assert.equal(await page.inputValue('#number'), typed, 'left as typed');
    }

    await page.context().close();
});


test('what is no number is said in words, and not sent', async () => {
    const page = await open('');
    const strings = readStrings('en');
    let sent = 0;

    await page.route('**/verify/start', (route) => { sent++; route.abort(); });

    for (const [country, typed, words] of [
        ['SE', '', strings.j_number_empty],
        ['SE', ' - ', strings.j_number_empty],
        ['', '070-174 06 05', strings.j_number_country],
        ['SE', '0800-FLOWERS', strings.j_number_letters],
        ['SE', '+46+701740605', strings.j_number_letters],
        ['SE', '070', strings.j_number_short],
        ['SE', '+0701740605', strings.j_number_short],
        ['SE', '+4670174060512345', strings.j_number_long],
    ]) {
        await page.selectOption('#country', country);
        await page.fill('#number', typed);
        await page.click('button.main');
        assert.equal(await page.locator('[role=alert]').innerText(), words,
                     typed);
        assert.equal(await page.evaluate(() => document.activeElement.id),
                     'number');
        assert.equal(await page.getAttribute('#number', 'aria-invalid'),
                     'true');
        assert.match(await page.title(), /^Error: /);
    }

    assert.equal(sent, 0);
    await page.context().close();
});


test('the number is read back, and the list follows it', async () => {
    const page = await open('', { locale: 'sv-SE' });

    await page.fill('#number', '070-174 06 05');
    await page.locator('output bdi:visible').waitFor();
    assert.match(await page.locator('output').innerText(), /\+46 701740605$/);

    await page.fill('#number', '+44 7400 123456');
    await page.waitForFunction(
        () => document.getElementById('country').value === 'GB');
    assert.equal(await page.inputValue('#number'), '+44 7400 123456');
    await page.context().close();
});


test('the countries are named and sorted in the language of the page',
     async () => {
    const page = await open('', { locale: 'sv' });
    const names = await page.locator('#country option').allInnerTexts();

    assert.ok(names.some((name) => name.startsWith('Tyskland')));
    assert.ok(names.findIndex((name) => name.startsWith('Österrike'))
              > names.findIndex((name) => name.startsWith('Zambia')));
    assert.equal(await page.inputValue('#country'), 'SE');
    await page.context().close();
});


test('a code in any spelling, and what is no code', async () => {
    const page = await open(states['code-sms']);
    const strings = readStrings('en');
    const bodies = [];

    await page.route('**/verify/report', async (route) => {
        bodies.push(new URLSearchParams(route.request().postData()));
        await route.abort();
    });

    for (const [typed, words] of [
        ['', strings.j_code_empty],
        ['12a4', strings.j_code_letters],
        ['123', strings.j_code_short],
        ['12345678901', strings.j_code_long],
    ]) {
        await page.fill('#code', typed);
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('[role=alert]').innerText(), words);
    }

    assert.equal(bodies.length, 0);

    for (const typed of [
        ' 12 34', '12-34', '\u0661\u0662\u0663\u0664',
        '\u09e7\u09e8\u09e9\u09ea', '\u0e51\u0e52\u0e53\u0e54',
    ]) {
        await page.fill('#code', typed);
        await page.keyboard.press('Enter');
        await until('a report', () => bodies.length);
        assert.equal(bodies.pop().get('code'), '1234');
        await page.waitForFunction(
            () => !document.querySelector('[aria-disabled]'));
    }

    await page.getByText(strings.j_offline).waitFor();

    await page.context().close();
});


test('a code with letters, where the page is told that there are some',
     async () => {
    const page = await open(states['code-letters']);
    const strings = readStrings('en');
    const bodies = [];

    await page.route('**/verify/report', async (route) => {
        bodies.push(new URLSearchParams(route.request().postData()));
        await route.abort();
    });

    assert.equal(await page.getAttribute('#code', 'inputmode'), null,
                 'a keyboard with letters');

    for (const [typed, code] of [['K7PX', 'K7PX'], [' K7 PX', 'K7PX'],
                                 ['1234', '1234'], ['aB- 9', 'aB-9']])
    {
        await page.fill('#code', typed);
        await page.keyboard.press('Enter');
        await until('a report', () => bodies.length);
        assert.equal(bodies.pop().get('code'), code);
        await page.waitForFunction(
            () => !document.querySelector('[aria-disabled]'));
    }

    await page.fill('#code', ' ');
    await page.keyboard.press('Enter');
    await page.getByText(strings.j_code_empty).waitFor();
    assert.equal(bodies.length, 0);
    await page.context().close();
});


test('a caller as it is shown at home: told that all of it is wanted',
     async () => {
    const page = await open(states['flashcall-wrong']);
    const strings = readStrings('en');
    const hint = await page.locator('#cli-hint').innerText();

    assert.equal(hint, strings.t_flash_hint + ' ' + strings.t_attempts + ' 4');

    await page.fill('#cli', '070-174 06 05');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText(strings.t_flash_hint).waitFor();
    await page.context().close();
});


test('a refusal says how long to wait', async () => {
    const page = await open('', { reducedMotion: 'reduce' });

    await page.route('**/verify/start', (route) => route.fulfill({
        status: 429, contentType: 'application/problem+json',
        headers: { 'Retry-After': '58' },
        body: '{"code":"too_many_requests"}',
    }));

    await page.fill('#number', '+46701740605');
    await page.click('button.main');
    await page.getByText(/You can ask for a new one in 5\d s/).waitFor();
    assert.equal(await page.locator('[role=alert]').innerText(),
                 readStrings('en').e_too_many_requests);
    assert.deepEqual(await findings(page), []);
    await page.screenshot({ path: join(shots, 'number-wait-phone.png'),
                            fullPage: true });
    await page.context().close();
});


test('the connection goes just after a form was sent: nothing is stuck',
     async () => {
    const page = await open(states['code-sms']);

    await page.route('**/verify/report', async (route) => {
        await route.fulfill({ status: 422, contentType: 'application/json',
                              body: '{"code":"invalid_code"}' });
    });
    await page.route('**/verify/?*', (route) => route.abort());

    await page.fill('#code', '1234');
    await page.click('button.main');
    await page.getByText(readStrings('en').j_offline).waitFor();
    assert.equal(await page.locator('button.main').innerText(), 'Confirm');

    await page.unroute('**/verify/?*');
    await page.click('button.main');
    await page.getByText(readStrings('en').e_invalid_code).waitFor();
    await page.context().close();
});


test('a code out of the message is filled in, but not sent', async () => {
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    let sent = 0;

    /* what a phone's browser has, and Chromium on a desktop only pretends to */

    await page.addInitScript(() => {
        window.OTPCredential = class {};
        navigator.credentials.get = async (options) => {
            window.asked = options;
            return { code: '4968' };
        };
    });
    await page.route('**/verify/report', (route) => { sent++; route.abort(); });
    await page.goto(nginx.origin + '/verify/?' + states['code-sms']);
    await page.waitForFunction(
        () => document.getElementById('code').value === '4968');

    assert.deepEqual(await page.evaluate(() => window.asked.otp),
                     { transport: ['sms'] });
    assert.equal(await page.evaluate(() => document.activeElement.textContent),
                 'Confirm');
    assert.equal(sent, 0);

    await page.goto(nginx.origin + '/verify/?' + states['code-callout']);
    assert.equal(await page.evaluate(() => window.asked), undefined,
                 'only where there is a message');
    await context.close();
});


// a page that waits for the status, whose answers the test gives

async function waiting(query, options) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const asked = [];

    page.heard = listen(page, nginx.origin);

    await page.route('**/verify/status?*', (route) => { asked.push(route); });
    await page.goto(nginx.origin + '/verify/?' + query);

    const next = () => until('the page to ask', () => asked.shift());
    const answer = (route, members) => route.fulfill({
        contentType: 'application/json',
        body: JSON.stringify({ status: 'PENDING', method: 'sms',
                               expires_in: 250, ...members }),
    });

    return { page, next, answer };
}


test('the message has arrived while somebody types: told once, in place',
     async () => {
    const { page, next, answer } = await waiting(states['code-sms'], {
        locale: 'en', viewport: phone, reducedMotion: 'reduce',
    });
    const words = readStrings('en');
    const sent = page.locator('.sent p');
    const live = page.locator('#live');

    assert.equal(await sent.innerText(), words.t_sent_sms + ' +46 ••• 605');

    await page.locator('#code').pressSequentially('49');
    await page.keyboard.press('ArrowLeft');
    await page.evaluate(() => {
        window.said = [];
        new MutationObserver(() => {
            window.said.push(document.getElementById('live').textContent);
        }).observe(document.getElementById('live'), { childList: true });
    });

    const first = await next();

    assert.equal(new URL(first.request().url()).search,
                 '?wait=25&delivered=0');
    await answer(first, { delivered: true });
    await page.getByText(words.t_delivered).first().waitFor();

    assert.equal(await sent.innerText(), words.t_delivered + ' +46 ••• 605');
    assert.equal(await page.locator('#code-hint').innerText(),
                 words.t_code_hint_delivered);
    assert.equal(await live.innerText(), words.t_delivered + ' +46 ••• 605');
    assert.equal(await live.getAttribute('role'), 'status');

    /* typing goes on where it was */

    await page.keyboard.type('6');
    assert.equal(await page.inputValue('#code'), '469');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
    assert.deepEqual(await findings(page), []);

    const second = await next();

    assert.equal(new URL(second.request().url()).search,
                 '?wait=25&delivered=1');
    await answer(second, { delivered: true });
    await next();
    assert.deepEqual(await page.evaluate(() => window.said),
                     [words.t_delivered + ' +46 ••• 605'], 'said once');
    assert.equal(await page.inputValue('#code'), '469');
    assert.deepEqual(page.heard, []);
    await page.context().close();
});


test('the message has arrived: nothing moves below a finger', async () => {
    for (const locale of languages) {
        for (const width of [320, 390, 1280]) {
            const { page, next, answer } = await waiting(states['code-sms'], {
                locale, viewport: { width, height: 800 },
                reducedMotion: 'reduce',
            });
            const places = () => page.evaluate(() =>
                [...document.querySelectorAll('.card button, .card input')]
                .map((e) => e.getBoundingClientRect().top));
            const before = await places();

            await answer(await next(), { delivered: true });
            await page.getByText(readStrings(locale).t_delivered).first()
                  .waitFor();
            assert.deepEqual(await places(), before, `${locale} ${width}`);
            assert.ok(await noOverflow(page), `${locale} ${width}`);
            await page.context().close();
        }
    }
});


test('the message has arrived: what is left to try stays to be read',
     async () => {
    const { page, next, answer } = await waiting(states['code-wrong'], {
        locale: 'en', viewport: phone,
    });

    await answer(await next(), { delivered: true });
    await page.getByText(readStrings('en').t_delivered).first().waitFor();
    assert.equal(await page.locator('#code-hint').innerText(),
                 'Attempts left: 2');
    assert.equal(await page.locator('[role=alert]').innerText(),
                 readStrings('en').e_invalid_code);
    await page.context().close();

    /* a call does not arrive */

    const call = await waiting(states['code-callout'], { locale: 'en' });

    assert.equal(await call.page.locator('[data-delivered]:not(main)').count(),
                 0);
    await call.page.context().close();
});


test('mobile data: the address is offered, if it is a safe one', async () => {
    for (const [uri, offered] of [['https://127.0.0.1/target', true],
                                  ['http://127.0.0.1/target', false],
                                  ['javascript:alert(1)', false]])
    {
        const page = await open(states.flashcall, { reducedMotion: 'reduce' });

        await page.route('**/verify/start', (route) => route.fulfill({
            contentType: 'application/json',
            body: JSON.stringify({ status: 'PENDING', method: 'seamless',
                                   seamless: { targetUri: uri } }),
        }));
        await page.route('**/verify/?return=*', (route) => route.continue({
            url: nginx.origin + '/verify/?' + states.seamless,
        }));

        await page.click('button[value=seamless]');
        await page.locator('h1', { hasText: 'mobile data' }).waitFor();
        assert.equal(await page.locator('#target').isVisible(), offered);

        if (offered) {
            assert.equal(await page.getAttribute('#target', 'href'), uri);
            assert.deepEqual(await findings(page), []);
            await page.screenshot({
                path: join(shots, 'seamless-target-phone.png'), fullPage: true,
            });
        }

        await page.context().close();
    }
});


test('less motion, forced colours, nothing on paper', async () => {
    const page = await open(states['code-wrong'], { reducedMotion: 'reduce' });
    const animation = () => page.locator('.card').evaluate(
        (e) => getComputedStyle(e).animationName);

    assert.equal(await animation(), 'none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.notEqual(await animation(), 'none');
    await page.emulateMedia({ reducedMotion: 'reduce',
                              forcedColors: 'active' });
    await page.screenshot({ path: join(shots, 'forced-colours-phone.png'),
                            fullPage: true });
    await page.emulateMedia({ forcedColors: 'none', media: 'print' });
    assert.equal(await page.locator('main').isVisible(), false);
    await page.context().close();
});


test('the log is quiet', () => {
    assert.deepEqual(nginx.alarms(), []);
    assert.equal(nginx.log(), '');
});
