// The pages of the UI, its server's API behind them, and a browser that does as it is told: one act per line of
// standard input, one answer per line of standard output. Ends with its standard input.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'

const [packages, api, program] = process.argv.slice(2)
const { chromium } = createRequire(import.meta.url)(join(packages, 'playwright-core'))
const pages = join(packages, 'flowise-ui', 'build')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png' }
const patience = 30_000

const server = createServer((asked, answer) => {
    if (asked.url.startsWith('/api/v1')) {
        const { method, headers } = asked
        const passed = request(api + asked.url, { method, headers }, (given) => {
            answer.writeHead(given.statusCode, given.headers)
            given.pipe(answer)
        })
        passed.on('error', () => answer.destroy())
        asked.pipe(passed)
        return
    }
    const file = join(pages, new URL(asked.url, 'http://x').pathname)
    const shown = existsSync(file) && statSync(file).isFile() ? file : join(pages, 'index.html')
    answer.writeHead(200, { 'content-type': types[extname(shown)] ?? 'application/octet-stream' })
    answer.end(readFileSync(shown))
})
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const origin = `http://127.0.0.1:${server.address().port}`

// Only pinned pages are shown, and nothing from elsewhere; Chromium's own sandbox does not work for root.
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
const page = await browser.newPage()
page.setDefaultTimeout(patience)
await page.route((url) => url.origin !== origin, (route) => route.abort())

// What was asked of the API and refused, since the last answer.
let refused = []
page.on('response', (response) => {
    const path = new URL(response.url()).pathname
    if (path.startsWith('/api/') && response.status() >= 400) {
        refused.push(`${response.request().method()} ${path} ${response.status()}`)
    }
})

const dialog = page.locator('[role=dialog]')
const row = (name) => page.locator('table tbody tr').filter({ has: page.getByText(name, { exact: true }) })
const button = (name) => dialog.getByRole('button', { name, exact: true })

async function rows() {
    await page.waitForLoadState('networkidle')
    await page.getByText('No Credentials Yet').or(page.locator('table tbody tr').first()).waitFor()
    const names = await page.locator('table tbody tr td:first-child, table tbody tr th:first-child').allInnerTexts()
    return names.map((name) => name.trim()).filter(Boolean)
}

// What the UI says after an act; each message is closed, so that the next one is not mistaken for it.
async function message() {
    const shown = page.locator('#notistack-snackbar').last()
    await shown.waitFor()
    const text = (await shown.innerText()).trim()
    await page.reload()
    return text
}

async function fill(fields) {
    for (const [id, value] of Object.entries(fields)) await dialog.locator(`#${id}`).fill(value)
}

async function shown() {
    return Object.fromEntries(await dialog.locator('input').evaluateAll((all) => all.map((one) => [one.id || one.name, one.value])))
}

// Its eye.
async function look(id) {
    const hidden = await dialog.locator(`#${id}`).inputValue()
    await dialog.locator('.MuiOutlinedInput-root', { has: page.locator(`#${id}`) }).getByRole('button').click()
    await page.waitForFunction(([id, hidden]) => document.getElementById(id).value !== hidden, [id, hidden])
    return dialog.locator(`#${id}`).inputValue()
}

const acts = {
    async signIn({ password }) {
        await page.goto(`${origin}/credentials`)
        await page.locator('#username').fill('someone@example.com')
        await page.locator('#password').fill(password)
        await page.getByRole('button', { name: 'Login' }).click()
        const refusal = page.locator('.MuiAlert-filledError .MuiAlert-message')
        // Its first page is of flows, which are nobody's here: what matters is that its menu is there.
        const menu = page.getByText('Credentials', { exact: true }).first()
        await refusal.or(menu).first().waitFor()
        if (await refusal.isVisible()) return { message: (await refusal.innerText()).trim() }
        await menu.click()
        await page.waitForURL('**/credentials')
        return {}
    },
    async add({ search, type, fields }) {
        await page.getByRole('button', { name: 'Add Credential' }).click()
        await page.locator('#input-search-credential').fill(search)
        await dialog.getByText(type, { exact: true }).click()
        await fill(fields)
        await button('Add').click()
        return { message: await message() }
    },
    // What `reveal` names has to be looked at before it can be written over.
    async edit({ name, reveal, fields }) {
        await row(name).getByTitle('Edit').click()
        // The name is there at once, the fields of the type a moment later.
        await dialog.locator('input').nth(1).waitFor()
        const before = await shown()
        const seen = reveal ? await look(reveal) : undefined
        await fill(fields)
        await button('Save').click()
        return { shown: before, seen, message: await message() }
    },
    async remove({ name }) {
        await row(name).getByTitle('Delete').click()
        await button('Delete').click()
        return { message: await message() }
    },
}

for await (const line of createInterface({ input: process.stdin })) {
    const { act, with: given } = JSON.parse(line)
    let answer
    try {
        answer = await acts[act](given)
        if (!page.url().endsWith('/signin')) answer.rows = await rows()
    } catch (error) {
        const seen = await page.locator('body').innerText()
        answer = { error: `${error}\nrefused: ${refused.join(', ')}\nat ${page.url()}:\n${seen}` }
    }
    console.log(JSON.stringify({ ...answer, refused }))
    refused = []
}
await browser.close()
process.exit()
