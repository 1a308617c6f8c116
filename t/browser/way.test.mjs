// The whole way: a visitor, the page, the module, the simulator, the application
// behind it, with and without JavaScript.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { findings, listen, shots, startBrowser, startNginx, startSimulator,
         top, until } from './env.mjs';

let nginx, simulator, browser;

before(async () => {
    simulator = await startSimulator();
    nginx = await startNginx(join(top, 'conf-examples', 'demo.conf'), {
        api: simulator.port,
        edit: (text) => text.replace('methods  ',
                                     'resend 2s; pending_ttl 30s; methods  ')
                            .replace('max_age=1m', 'max_age=2s'),
    });
    browser = await startBrowser();
});

after(async () => {
    await browser?.close();
    await nginx?.stop();
    await simulator?.stop();
});


let last = 0;

/* no two with all but the last four digits in common: there is a limit on those */

const newNumber = () => '+46701' + String(++last).padStart(2, '0') + '0042';

// "sent" of them at least, and the code of the newest

const codeFor = async (number, sent = 1) => {
    const items = await until('a message', async () => {
        const { items } = await simulator.outbox();
        const found = items.filter((item) => item.number === number);

        return found.length >= sent && found;
    });

    assert.equal(items.length, sent, 'one message at a time');

    return items.at(-1).code;
};

const callback = (url) => fetch(simulator.origin + '/_sim/settings', {
    method: 'PATCH',
    body: JSON.stringify({ callback: url }),
});

const wrong = (code) => code === '1111' ? '2222' : '1111';

async function visit(path, options = {}) {
    const context = await browser.newContext({
        viewport: { width: 390, height: 844 },
        locale: 'en-GB',
        reducedMotion: 'reduce',
        ...options,
    });
    const page = await context.newPage();

    page.heard = listen(page, nginx.origin);

    await page.goto(nginx.origin + path);

    return page;
}

const h1 = (page, words) => page.locator('h1', { hasText: words }).waitFor();

async function giveNumber(page, number) {
    await page.fill('#number', number);
    await page.click('button.main');
    await h1(page, 'Enter the code');
}

async function giveCode(page, code) {
    await page.fill('#code', code);
    await page.click('button.main');
}

async function isIn(page, number, path = '/') {
    await h1(page, 'You’re in');
    assert.equal(await page.locator('#phone').innerText(), number);
    assert.equal(new URL(page.url()).pathname, new URL(path, page.url()).pathname);
}

const done = async (page) => {
    assert.deepEqual(page.heard, []);
    await page.context().close();
};


for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with JavaScript' : 'without JavaScript';

    test(`${how}: from the closed door to where one was going`, async () => {
        const number = newNumber();
        const page = await visit('/?a=1&b=%26%20c+d', { javaScriptEnabled });

        assert.equal(new URL(page.url()).pathname, '/verify/');
        await giveNumber(page, number);
        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        assert.equal(new URL(page.url()).search, '?a=1&b=%26%20c+d');
        await done(page);
    });

    test(`${how}: told that the message has arrived`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await callback(nginx.origin + '/sinch/callback');
        await giveNumber(page, number);

        await until('word of the message', async () => {
            if (!javaScriptEnabled) {
                await page.reload();
            }

            return page.getByText('Text message delivered to').first()
                   .waitFor({ timeout: 1000 }).then(() => true, () => false);
        });
        await callback(null);

        await giveCode(page, wrong(await codeFor(number)));
        await page.getByText('Attempts left: 4').waitFor();
        await page.getByText('Text message delivered to').first().waitFor();
        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: wrong codes, then the right one`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);

        const code = await codeFor(number);

        for (const left of [4, 3]) {
            await giveCode(page, wrong(code));
            await page.getByText('Attempts left: ' + left).waitFor();
            assert.match(await page.locator('[role=alert]').innerText(),
                         /isn’t right/);
        }

        await giveCode(page, code);
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: too many wrong codes, then a new one`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);

        const code = await codeFor(number);

        for (let left = 4; left > 0; left--) {
            await giveCode(page, wrong(code));
            await page.getByText('Attempts left: ' + left).waitFor();
        }

        await giveCode(page, wrong(code));
        await h1(page, 'Too many wrong codes');

        await until('a new code', async () => {
            await page.click('button[value=sms]');
            await page.waitForLoadState();
            return page.locator('h1', { hasText: 'Enter the code' })
                   .waitFor({ timeout: 1000 }).then(() => true, () => false);
        });

        await giveCode(page, await codeFor(number, 2));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: a wrong number, changed`, async () => {
        const first = newNumber();
        const second = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, first);
        await page.getByText('Change number').click();
        await h1(page, 'Verify your phone number');
        await giveNumber(page, second);
        await giveCode(page, await codeFor(second));
        await isIn(page, second);
        await done(page);
    });

    test(`${how}: nothing came, so by a call`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);

        if (javaScriptEnabled) {
            assert.equal(await page.locator('.ways').isVisible(), false);
            await page.locator('.ways').waitFor();

        } else {
            assert.ok(await page.locator('.ways').isVisible());
        }

        await until('a call', async () => {
            await page.click('button[value=callout]');
            await page.waitForLoadState();
            return page.getByText('We’re calling you on')
                   .waitFor({ timeout: 1000 }).then(() => true, () => false);
        });

        await giveCode(page, await codeFor(number, 2));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: reload, back and forward send nothing`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);
        await page.reload();
        await h1(page, 'Enter the code');
        await page.goBack();
        await page.goForward();
        await page.goto(nginx.origin + '/');
        await h1(page, 'Enter the code');
        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        await page.reload();
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: a double click sends one message`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await page.fill('#number', number);
        await page.dblclick('button.main');
        await h1(page, 'Enter the code');
        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: no number at all is said in words`, async () => {
        const page = await visit('/', { javaScriptEnabled });

        await page.fill('#number', '12');
        await page.click('button.main');
        await page.locator('[role=alert]:visible').waitFor();
        assert.notEqual(await page.locator('[role=alert]').innerText(), '');
        await h1(page, 'Verify your phone number');
        await done(page);
    });

    test(`${how}: a number as it is written at home`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled, locale: 'sv-SE' });

        await page.fill('#number', '0' + number.slice(3, 5) + '-'
                                   + number.slice(5));
        await page.click('button.main');
        await h1(page, 'Ange koden');
        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: the API fails, and then it works`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await fetch(simulator.origin + '/_sim/faults', {
            method: 'POST',
            body: JSON.stringify({ operation: 'start', kind: 'status',
                                   status: 500, match: number }),
        });

        await page.fill('#number', number);
        await page.click('button.main');
        await page.getByText('We can’t send codes at the moment').waitFor();

        await until('a code', async () => {
            if (await page.locator('#number').isVisible()) {
                await page.fill('#number', number);
                await page.click('button.main');
            }

            return page.locator('h1', { hasText: 'Enter the code' })
                   .waitFor({ timeout: 1000 }).then(() => true, () => false);
        });

        await giveCode(page, await codeFor(number));
        await isIn(page, number);
        await done(page);
    });

    test(`${how}: step-up, and out`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);
        await giveCode(page, await codeFor(number));
        await isIn(page, number);

        await until('the proof to be old', async () => {
            await page.goto(nginx.origin + '/transfer?plot=7');
            return new URL(page.url()).pathname === '/verify/';
        });

        await h1(page, 'Confirm it’s still you');
        assert.deepEqual(await page.locator('[role=alert]:visible').count(), 0);

        await page.reload();
        await h1(page, 'Confirm it’s still you');

        /* meanwhile nobody is logged out */

        await page.click('button[value=sms]');
        await h1(page, 'Enter the code');

        const other = await page.context().newPage();

        await other.goto(nginx.origin + '/');
        await isIn(other, number);
        await other.close();

        await giveCode(page, await codeFor(number, 2));
        await h1(page, 'Transfer a plot');
        assert.equal(new URL(page.url()).search, '?plot=7');

        await page.click('text=Log out');
        await page.goto(nginx.origin + '/');
        await h1(page, 'Verify your phone number');
        await done(page);
    });

    test(`${how}: an expired code, and a new one`, async () => {
        const number = newNumber();
        const page = await visit('/', { javaScriptEnabled });

        await giveNumber(page, number);

        await until('the end of the code', async () => {
            if (!javaScriptEnabled) {
                await page.reload();
            }

            return page.locator('h1', { hasText: 'Enter the code' })
                   .waitFor({ state: 'detached', timeout: 2000 })
                   .then(() => true, () => false);
        });

        await h1(page, 'The code has expired');
        assert.equal(await page.locator('[role=alert]:visible').count(), 0);
        await page.click('button[value=sms]');
        await h1(page, 'Enter the code');

        await giveCode(page, await codeFor(number, 2));
        await isIn(page, number);
        await done(page);
    });
}


test('by keyboard alone', async () => {
    const number = newNumber();
    const page = await visit('/');
    const focused = () => page.evaluate(() => {
        const e = document.activeElement;
        return e.id || e.value || e.tagName.toLowerCase();
    });
    const tabTo = async (what) => {
        for (let n = 0; n < 12; n++) {
            if (await focused() === what) {
                return;
            }

            await page.keyboard.press('Tab');
        }

        assert.fail('no Tab leads to ' + what);
    };

    await tabTo('country');
    await page.keyboard.type('Swe');
    await tabTo('number');
    await page.keyboard.type('0' + number.slice(3));
    await page.keyboard.press('Enter');
    await h1(page, 'Enter the code');
    assert.equal(await focused(), 'code', 'the field has the focus');
    assert.equal(await page.locator('#live').innerText(), 'Enter the code');

    const code = await codeFor(number);

    await page.keyboard.type(wrong(code));
    await page.keyboard.press('Enter');
    await page.getByText('Attempts left').waitFor();
    assert.equal(await focused(), 'code');
    assert.deepEqual(await findings(page), []);

    await page.locator('.ways').waitFor();
    await tabTo('whatsapp');
    await page.screenshot({ path: join(shots, 'way-keyboard.png'),
                            fullPage: true });
    await page.keyboard.press('Space');
    await page.getByText('WhatsApp message to').waitFor();
    assert.equal(await focused(), 'code');
    await page.keyboard.type(await codeFor(number, 2));
    await page.keyboard.press('Enter');
    await isIn(page, number);
    await done(page);
});


test('what happens in another tab is seen in this one', async () => {
    const number = newNumber();
    const page = await visit('/?tab=1');

    await giveNumber(page, number);

    const other = await page.context().newPage();

    await other.goto(nginx.origin + '/');
    await giveCode(other, await codeFor(number));
    await isIn(other, number);
    await other.close();

    await isIn(page, number);
    assert.equal(new URL(page.url()).search, '?tab=1');
    await done(page);
});


test('no connection is said, and nothing is lost', async () => {
    const number = newNumber();
    const page = await visit('/');

    await page.fill('#number', number);
    await page.context().setOffline(true);
    await page.click('button.main');
    await page.getByText('There is no connection').waitFor();
    assert.equal(await page.inputValue('#number'), number);
    await page.context().setOffline(false);
    await page.click('button.main');
    await h1(page, 'Enter the code');
    await giveCode(page, await codeFor(number));
    await isIn(page, number);
    page.heard.splice(0, page.heard.length,
        ...page.heard.filter((what) => !/ERR_INTERNET_DISC/.test(what)));
    await done(page);
});


test('a return path leads nowhere else', async () => {
    const number = newNumber();
    const page = await visit('/');

    await giveNumber(page, number);
    await giveCode(page, await codeFor(number));
    await isIn(page, number);

    for (const path of ['//evil.test/', '/\\evil.test', 'https:evil.test',
                        'https://evil.test/', 'javascript:alert(1)',
                        'data:text/html,x', '/\t/evil.test', '\\\\evil.test',
                        '/\r\nSet-Cookie: a=b', '@evil.test', '.evil.test',
                        '/' + 'x'.repeat(8000), ''])
    {
        const answer = await page.goto(nginx.origin + '/verify/?return='
                                       + encodeURIComponent(path));

        if (path.length > 4000 && answer.status() === 414) {
            continue;
        }

        assert.equal(await page.getAttribute('a.main', 'href'), '/', path);
        assert.equal(await page.getAttribute('main', 'data-return'), '/');
    }

    /* the page itself is a path of this host: it leads to "verified" */

    await page.goto(nginx.origin + '/verify/?return=/verify/');
    await page.click('a.main');
    await h1(page, 'Number verified');
    await done(page);
});


test('a second factor asks for no number', async () => {
    const other = await startNginx(
        join(top, 'conf-examples', 'second-factor.conf'), {
            api: simulator.port,
            files: { 'staff.htpasswd': 'anna:{PLAIN}secret\n' },
            user: 'anna:secret',
        });

    try {
        const context = await browser.newContext({
            reducedMotion: 'reduce',
            httpCredentials: { username: 'anna', password: 'secret' },
        });
        const page = await context.newPage();

        await page.goto(other.origin + '/');
        await h1(page, 'Confirm it’s you');
        assert.equal(await page.locator('#number').count(), 0);
        assert.deepEqual(await findings(page), []);
        await page.click('button[value=sms]');
        await h1(page, 'Enter the code');
        assert.equal(await page.getByText('Change number').count(), 0);
        await giveCode(page, await codeFor('+46700000001'));
        await page.waitForURL(other.origin + '/');
        await context.close();
        assert.deepEqual(other.alarms(), []);

    } finally {
        await other.stop();
    }
});


test('no number and no code is in a log, and no alarm', () => {
    assert.deepEqual(nginx.alarms(), []);
    assert.doesNotMatch(nginx.log() + nginx.access(), /\+?46701\d\d0042/);
    assert.doesNotMatch(nginx.access(), /code=|number=/);
});
