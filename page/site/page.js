/*
 * The page works without this script.  With it forms are sent from within the
 * page, time runs, news comes by itself.  All of it is made by the server: it
 * is asked for again after each step, and what is new takes its place.
 */

'use strict';

(() => {
    const byId = (id) => document.getElementById(id);
    const main = byId('page');
    const live = byId('live');
    const told = main.dataset;
    const here = 'return=' + encodeURIComponent(told.return)
        + (told.view === 'stepup' ? '&error=phone_verification_expired' : '');
    const language = document.documentElement.lang;

    let busy = false;          // a form is on its way
    let ahead = 0;             // seconds that the server has us wait
    let target = '';           // where a check over mobile data begins
    let given = '';            // the number, should it be asked for again
    let view = new AbortController();

    const one = (selector) => main.querySelector(selector);
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

    const leave = () => {
        busy = true;
        view.abort();
        location.assign(told.return);
    };


    /* What people type */

    const plain = (text) => text
        .replace(/[\u0660-\u0669\u06f0-\u06f9\u0e50-\u0e59\uff10-\uff19]/g,
                 (c) => c.charCodeAt(0) & 15)
        .replace(/[\u0966-\u096f\u09e6-\u09ef]/g,
                 (c) => (c.charCodeAt(0) - 6) & 15)
        .replace(/\uff0b/g, '+')
        .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
        .trim();

    const separators = /[\s().\/\u2010-\u2015\u2212-]/g;

    const country = (digits) => {
        let best = null;

        for (const option of byId('country').options) {
            const code = option.dataset.d;

            if (code && digits.startsWith(code)
                && (!best || code.length > best.dataset.d.length
                    || (code === best.dataset.d
                        && (option.selected || !('o' in option.dataset))
                        && !best.selected)))
            {
                best = option;
            }
        }

        return best;
    };

    /* { number, option } or { problem: a data- attribute with the words } */

    const number = (text, chosen) => {
        let digits = plain(text).replace(/^tel:/i, '');
        let option = chosen;

        if (/^(\+|00)/.test(digits)) {
            digits = digits.replace(/\(0\)/, '');
        }

        digits = digits.replace(separators, '');

        if (digits === '') {
            return { problem: 'empty' };
        }

        if (!/^\+?\d+$/.test(digits)) {
            return { problem: 'letters' };
        }

        if (option && option.dataset.d === '1') {
            digits = digits.replace(/^011/, '+');
        }

        digits = digits.replace(/^00/, '+');

        if (digits[0] === '+') {
            digits = digits.slice(1);

            if (option) {
                option = country(digits);

                if (option && /0$/.test(option.dataset.t)) {
                    digits = digits.replace(option.dataset.d + '0',
                                            option.dataset.d);
                }
            }

        } else if (option) {
            const { d, t, n } = option.dataset;

            if (!d) {
                return { problem: 'country' };
            }

            /* with its country code, but without the plus? */

            if (!digits.startsWith(d) || digits.length <= +n) {
                digits = d + digits.replace(RegExp('^' + t), '');
            }

        } else if (digits[0] === '0') {
            return { problem: 'country' };
        }

        if (digits.length < 7 || digits[0] === '0') {
            return { problem: 'short' };
        }

        return digits.length > 15 ? { problem: 'long' }
                                  : { number: '+' + digits, option };
    };

    const code = ({ value, dataset }) => {
        const text = plain(value).replace(/\s/g, '');
        const digits = text.replace(separators, '');

        return digits === '' ? { problem: 'empty' }
               : 'any' in dataset ? { code: text }
               : /\D/.test(digits) ? { problem: 'letters' }
               : digits.length < 4 ? { problem: 'short' }
               : digits.length > 10 ? { problem: 'long' }
               : { code: digits };
    };


    /* Saying what is wrong */

    const complain = (words, field) => {
        const box = byId('error');

        box.hidden = false;
        box.firstElementChild.textContent = words;

        if (field) {
            field.setAttribute('aria-invalid', 'true');
            field.setAttribute('aria-describedby',
                               'error ' + field.id + '-hint');
        }

        if (!document.title.startsWith(told.error)) {
            document.title = told.error + ': ' + document.title;
        }

        (field || box).focus();
    };


    /* The page anew */

    const fetchPage = (address) => new Promise((done, failed) => {
        const request = new XMLHttpRequest();

        request.open('GET', address);
        request.responseType = 'document';
        request.onerror = failed;
        request.onload = () => {
            const fresh = request.response?.getElementById('page');

            (fresh ? done : failed)(fresh);
        };
        request.send();
    });

    const render = async (error = '') => {
        const before = told.view;
        const kept = {};
        const said = error && 'error=' + encodeURIComponent(error) + '&'
                     + (before === 'number' ? 'change=1&' : '');
        const fresh = await fetchPage('?' + said + here);

        for (const field of main.querySelectorAll('input[id], select')) {
            kept[field.id] = field.value;
        }

        view.abort();
        view = new AbortController();
        busy = false;

        document.title = fresh.ownerDocument.title;
        Object.assign(told, fresh.dataset);
        main.replaceChildren(...fresh.childNodes);
        history.replaceState(null, '', '?' + here);

        enhance();

        for (const id in kept) {
            const field = byId(id);

            if (field && error) {
                field.value = kept[id];
            }
        }

        const box = byId('error');

        if (box && !box.hidden) {
            const field = one('[aria-invalid]');

            (field || box).focus();
            field?.select();

        } else if (error && before === told.view && box) {
            complain(told.general);

        } else {
            live.textContent = one('h1').textContent;
            (one('[autofocus]') || one('h1')).focus();
        }
    };


    /* Forms */

    const send = async (form, body) => {
        const response = await fetch(form.action, {
            method: 'POST',
            headers: { Accept: 'application/json' },
            body,
        });
        const answer = await response.json().catch(() => ({}));

        if (response.ok && answer.status === 'SUCCESSFUL') {
            leave();
            return;
        }

        target = answer.seamless?.targetUri;
        ahead = +response.headers.get('Retry-After') || 0;

        await render(response.ok ? '' : answer.code || 'internal_error');
    };

    main.addEventListener('submit', async (event) => {
        const form = event.target;
        const button = event.submitter || form.querySelector('button');
        const field = form.querySelector('input[id]');

        if (!form.dataset.form) {
            return;
        }

        event.preventDefault();

        if (busy || button.getAttribute('aria-disabled')) {
            return;
        }

        const body = new URLSearchParams(new FormData(form));

        if (button.name) {
            body.set(button.name, button.value);
        }

        if (field) {
            const read = field.name === 'code' ? code(field)
                         : number(field.value, chosen(form));

            if (read.problem) {
                complain(field.dataset[read.problem], field);
                return;
            }

            body.set(field.name, read.code || read.number);
            given = body.get('number') || given;
        }

        const words = button.textContent;

        busy = true;
        button.setAttribute('aria-disabled', 'true');
        button.textContent = live.textContent = button.dataset.working;

        try {
            await send(form, body);
        } catch {
            busy = false;
            button.removeAttribute('aria-disabled');
            button.textContent = words;
            complain(told.offline);
        }
    });

    const chosen = (form) => {
        const list = form.querySelector('select');

        return list && list.options[list.selectedIndex];
    };


    /* Parts of the page */

    const nameCountries = (list) => {
        const [none, ...options] = list.options;
        const was = list.value;
        let names;

        try {
            names = new Intl.DisplayNames(language, { type: 'region' });
        } catch {
            return;
        }

        for (const option of options) {
            option.name = names.of(option.value);
            option.textContent = option.name + ' \u2066+' + option.dataset.d
                                 + '\u2069';
        }

        const { compare } = new Intl.Collator(language);

        options.sort((a, b) => compare(a.name, b.name));
        list.replaceChildren(none, ...options);
        list.value = was;
    };

    const readBack = (list) => {
        const field = byId('number');
        const output = one('output');
        const words = output.firstElementChild;
        let timer;

        const look = (typed) => {
            const read = number(field.value, chosen(list.form));

            if (typed && read.option && !read.option.selected) {
                list.value = read.option.value;
            }

            const shown = read.number && read.number !== field.value.trim();
            const length = read.option ? read.option.dataset.d.length + 1 : 0;

            words.hidden = !shown;
            words.lastElementChild.textContent = !shown ? ''
                : read.number.slice(0, length) + ' '
                  + read.number.slice(length);
        };

        /* its line is there from now on: nothing moves below a finger */

        words.hidden = true;
        output.hidden = false;

        field.addEventListener('input', () => {
            clearTimeout(timer);
            timer = setTimeout(() => field.isConnected && look(true), 500);
        });

        list.addEventListener('change', () => look());
    };

    /* nobody counts seconds by the hundred */

    const minutes = (seconds) => new Intl.NumberFormat(language, {
        style: 'unit',
        unit: seconds < 7200 ? 'minute' : 'hour',
    }).format(Math.ceil(seconds / (seconds < 7200 ? 60 : 3600)));

    /* a line with the seconds in <b>, and what is shown in its place then */

    const countDown = (line, seconds, later) => {
        const { signal } = view;
        const end = Date.now() + seconds * 1000;

        const tick = () => {
            const left = Math.ceil((end - Date.now()) / 1000);

            if (signal.aborted) {
                return;
            }

            line.hidden = left <= 0;

            for (const part of later) {
                part.hidden = left > 0;
            }

            if (left > 0) {
                const long = left > 119;
                const [number, unit] = line.children;

                number.textContent = long ? minutes(left) : left;
                unit.hidden = long;
                setTimeout(tick, 1000);

            } else {
                live.textContent = line.dataset.ready || '';
            }
        };

        tick();
    };

    /* in place: who types by now is not disturbed, and nothing moves */

    const tellDelivered = () => {
        told.delivered = 1;

        for (const part of main.querySelectorAll('[data-delivered]')) {
            const box = part.parentElement;

            box.style.minHeight = box.offsetHeight + 'px';
            part.textContent = part.dataset.delivered;
        }

        live.textContent = one('.sent p').textContent;
    };

    /* Only what is new ends the wait: an answer "still pending" asks again. */

    const watch = async () => {
        const { signal } = view;
        const expire = () => busy || signal.aborted
                             || render('verification_expired').catch(() => {});
        let expiry;
        let end = Infinity;

        while (!signal.aborted) {
            const begun = Date.now();
            let pause = 15000;

            try {
                const response = await fetch('status?wait=25&delivered='
                                             + (told.delivered || 0), {
                    headers: { Accept: 'application/json' },
                    signal,
                });
                const answer = await response.json();

                if (response.ok && !busy) {

                    if (answer.status === 'SUCCESSFUL') {
                        leave();
                        return;
                    }

                    if (answer.status !== told.status) {
                        await render(answer.status === 'NONE'
                                     && Date.now() > end
                                     ? 'verification_expired' : '');
                        return;
                    }

                    if (answer.delivered && !told.delivered) {
                        tellDelivered();
                    }

                    clearTimeout(expiry);

                    if (answer.expires_in) {
                        end = Date.now() + answer.expires_in * 1000 - 2000;
                        expiry = setTimeout(expire,
                                            answer.expires_in * 1000 + 1000);
                    }

                    /* a server that does not hold requests is not pressed */

                    pause = Date.now() - begun < 10000 ? 5000 : 500;
                }

            } catch {
                /* no connection for now */
            }

            do {
                await sleep(pause);
            } while (document.hidden && !signal.aborted);
        }

        clearTimeout(expiry);
    };

    const takeFromMessage = async (field) => {
        try {
            const { code } = await navigator.credentials.get({
                otp: { transport: ['sms'] },
                signal: view.signal,
            });

            field.value = code;
            field.form.querySelector('button').focus();

        } catch {
            /* not there, refused, or typed by hand */
        }
    };

    const enhance = () => {
        const list = byId('country');
        const line = one('[data-resend]');
        const later = byId('later');
        const link = byId('target');
        const field = byId('code');

        for (const form of main.querySelectorAll('[data-form]')) {
            form.noValidate = true;
        }

        if (list) {
            nameCountries(list);
            readBack(list);
            byId('number').value ||= given;
        }

        if (line) {
            countDown(line, Math.max(line.dataset.resend, ahead),
                      main.querySelectorAll('.again .choose, .again .ways'));

        } else if (ahead && later) {
            countDown(later, ahead, []);
        }

        if (link && /^https:/.test(target)) {
            link.href = target;
            link.hidden = false;
        }

        if (field && told.method === 'sms' && 'OTPCredential' in window) {
            takeFromMessage(field);
        }

        if (told.status === 'PENDING' && told.view !== 'number') {
            watch();
        }

        ahead = 0;
    };

    addEventListener('pageshow', (event) => {
        if (event.persisted) {
            render().catch(() => {});
        }
    });

    if (/[?&](?:error|change)=/.test(location.search)) {
        history.replaceState(null, '', '?' + here);
    }

    enhance();

    if (!byId('error')?.hidden) {
        (one('[aria-invalid]') || byId('error')).focus();
    }
})();
