import { issueLines, validateView } from './block-kit/validate.ts';
import { isJson, type Json, text } from './json.ts';
import { decoded, type Method, missing, no, ok } from './method.ts';
import type { ViewUse } from './views.ts';
import { personOf, type World } from './world.ts';

/** `views.*`: modals and the home tab. https://docs.slack.dev/reference/methods/views.open */
export const viewMethods: Record<string, Method> = {
  'views.open': { scopes: [], run: (args, world) => byTrigger(args, world, 'open') },
  'views.push': { scopes: [], run: (args, world) => byTrigger(args, world, 'push') },
  'views.update': { scopes: [], run: update },
  'views.publish': { scopes: [], run: publish },
};

function byTrigger(args: Json, world: World, how: 'open' | 'push'): Json {
  const view = checkedView(args);
  if ('refusal' in view) return view.refusal;
  if (text(args['trigger_id']) === '') return missing('trigger_id');
  const trigger = world.triggers.exchange(text(args['trigger_id']));
  if (!trigger.ok) return no(trigger.error);
  return answer(world.views[how](trigger.user, view.checked));
}

function update(args: Json, world: World): Json {
  const view = checkedView(args);
  if ('refusal' in view) return view.refusal;
  const optional = (name: string) => (text(args[name]) === '' ? undefined : text(args[name]));
  const [viewId, externalId, hash] = [optional('view_id'), optional('external_id'), optional('hash')];
  if (viewId === undefined && externalId === undefined) return missing('view_id');
  return answer(
    world.views.update(
      {
        ...(viewId === undefined ? {} : { viewId }),
        ...(externalId === undefined ? {} : { externalId }),
        ...(hash === undefined ? {} : { hash }),
      },
      view.checked,
    ),
  );
}

function publish(args: Json, world: World): Json {
  const view = checkedView(args);
  if ('refusal' in view) return view.refusal;
  const user = text(args['user_id']);
  if (view.checked['type'] !== 'home') return no('invalid_arguments', [`[ERROR] view type must be "home"`]);
  if (personOf(world, user) === undefined) return no('invalid_arguments', ['invalid `user_id`']);
  if (!world.app.homeTab) return no('not_enabled');
  const hash = text(args['hash']);
  if (hash !== '' && hash !== world.views.home(user)?.hash) return no('hash_conflict');
  return answer(world.views.publish(user, view.checked));
}

function checkedView(args: Json): { checked: Json } | { refusal: Json } {
  if (args['view'] === undefined) return { refusal: missing('view') };
  const view = decoded(args['view']);
  if (!isJson(view))
    return { refusal: no('invalid_arguments', ['[ERROR] must provide an object [json-pointer:/view]']) };
  const issues = validateView(view);
  if (issues.length > 0) return { refusal: no('invalid_arguments', issueLines(issues)) };
  return { checked: view };
}

function answer(use: ViewUse): Json {
  if (!use.ok) return no(use.error);
  const { user: _whose, ...view } = use.view;
  return ok({ view });
}
