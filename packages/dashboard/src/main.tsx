import { render } from 'preact';
import { takeTokenFromLink } from './api/client.ts';
import { App } from './view/app.tsx';
import { applyTheme, chosenTheme } from './view/theme.ts';

takeTokenFromLink();
applyTheme(chosenTheme());
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
