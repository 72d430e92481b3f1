import { PAGE_HELPERS, PAGE_STYLE } from './page-helpers.ts';

/** One change to local-slack's page: `from` must stand in it exactly once. */
interface Patch {
  why: string;
  from: string;
  to: string;
}

/**
 * What local-slack's page shows differently from Slack, and a visitor of the sandbox would stumble over.
 * The page is one minified file of a pinned version, so each change names the text it replaces.
 */
const PATCHES: Patch[] = [
  {
    why: 'a link can say who the visitor is',
    from: '!m&&me.length&&g(me[0].id)',
    to: '!m&&me.length&&g(window.sandbox.visitor(me).id)',
  },
  {
    why: 'ephemeral messages are seen by one person',
    from: 'D=c&&!se?l.messages[c]??[]:[]',
    to: 'D=c&&!se?(l.messages[c]??[]).filter(w=>!w.ephemeral_to||w.ephemeral_to===m):[]',
  },
  {
    why: 'private channels and direct messages are listed for those who are in them',
    from: 'f.jsx(w6,{workspace:l.workspace,channels:l.channels,',
    to: 'f.jsx(w6,{workspace:l.workspace,channels:l.channels.filter(w=>!(w.is_im||w.is_private)||w.members.includes(m)),',
  },
  {
    why: 'a direct message is named after the app for the person who reads it',
    from: 'l.is_im){const m=l.members.find(g=>!a.includes(g));return Bo(c,m)}',
    to: 'l.is_im){const m=l.members.find(g=>a.includes(g))??l.members[0];return Bo(c,m)}',
  },
  {
    why: 'a modal is seen by the person it was opened for',
    from: 'f.jsx(V6,{stack:l.modalStack,',
    to: 'f.jsx(V6,{stack:l.modalStack.filter(w=>w.user===m),',
  },
  {
    why: 'a form starts with its initial values, and so do fields that come in later',
    from: 'Q.useEffect(()=>{k({})},[m==null?void 0:m.id,l.length])',
    to: 'Q.useEffect(()=>{k({})},[m?.id,l.length]),Q.useEffect(()=>{k(w=>window.sandbox.entriesOf(m,w))},[m?.id,m?.hash,l.length])',
  },
  {
    why: 'buttons inside a modal work',
    from: 'f.jsx(ei,{blocks:m.blocks,ctx:{input:C}})',
    to: 'f.jsx(ei,{blocks:m.blocks,ctx:{input:C,errors:c,onAction:w=>du("",m.id,a,{...w,entries:g})}})',
  },
  {
    why: 'what is wrong with a form stands at its field',
    from: 'l.hint&&f.jsx("div",{className:"bk-hint",children:l.hint.text})]})',
    to: 'l.hint&&f.jsx("div",{className:"bk-hint",children:l.hint.text}),a.errors?.[l.label?.text]&&f.jsx("div",{className:"modal-error",ref:window.sandbox.showFirstError,children:a.errors[l.label?.text]})]})',
  },
  {
    why: 'what is wrong with a form stands at its field, and at the end if it has none',
    from: 'c&&Object.entries(c).map(([R,L])=>',
    to: 'c&&Object.entries(c).filter(([R])=>!m.blocks.some(w=>w.type==="input"&&w.label?.text===R)).map(([R,L])=>',
  },
  {
    why: 'buttons ask for confirmation and open their links',
    from: 'onClick:()=>k({type:"button",value:l.value,text:l.text})',
    to: 'onClick:()=>window.sandbox.press(l)&&k({type:"button",value:l.value,text:l.text})',
  },
  {
    why: 'dates, code blocks and group mentions are rendered',
    from: 'let c=j6(E6(l));',
    to: 'let c=window.sandbox.before(j6(E6(l)));',
  },
  {
    why: 'dates, code blocks and group mentions are rendered (end)',
    from: 'c=c.replace(/\\n/g,"<br/>"),c}function z6(l)',
    to: 'c=window.sandbox.after(c.replace(/\\n/g,"<br/>")),c}function z6(l)',
  },
  {
    why: 'boxes to tick have their descriptions',
    from: '" ",(Ae=he.text)==null?void 0:Ae.text]},Ne)',
    to: '" ",he.text?.text,he.description&&f.jsx("div",{className:"bk-hint",style:{marginLeft:24},children:he.description.text})]},Ne)',
  },
  {
    why: 'text that is to be shown as it is gets no links',
    from: 'dangerouslySetInnerHTML:{__html:C6(c)}})}function ei(',
    to: 'dangerouslySetInnerHTML:{__html:C6(c,l?.verbatim)}})}function ei(',
  },
  {
    why: 'text that is to be shown as it is gets no links (the parameter)',
    from: 'function C6(l){',
    to: 'function C6(l,verbatim){',
  },
  {
    why: 'text that is to be shown as it is gets no links, and a link ends before the full stop',
    from: String.raw`c=c.replace(/(^|[\s(])(https?:\/\/[^\s<>"']+)/g,`,
    to: String.raw`c=verbatim?c:c.replace(/(^|[\s(])(https?:\/\/[^\s<>"']*[^\s<>"'.,:;!?)])/g,`,
  },
  { why: 'the hint names a command that exists', from: 'try /echo hi', to: 'try /kasten help' },
];

/**
 * Fetches local-slack's page and changes what a visitor would stumble over.
 * Throws when a change does not fit: then local-slack's version has changed and the list has to follow.
 */
export async function loadPage(emulatorUrl: string): Promise<string> {
  let page = await (await fetch(`${emulatorUrl}/`)).text();
  for (const { why, from, to } of PATCHES) {
    const parts = page.split(from);
    if (parts.length !== 2) throw new Error(`local-slack's page is not the one known here (${why})`);
    page = parts.join(to);
  }
  return page
    .replace('<head>', () => `<head><script>${PAGE_HELPERS}</script>`)
    .replace('</head>', () => `<style>${PAGE_STYLE}</style></head>`);
}
