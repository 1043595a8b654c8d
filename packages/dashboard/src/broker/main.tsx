import { render } from 'preact';
import { takeTokenFromLink } from '../api/client.ts';
import { applyTheme, chosenTheme } from '../view/theme.ts';
import { BrokerApp } from './broker-app.tsx';

takeTokenFromLink();
applyTheme(chosenTheme());
const root = document.getElementById('app');
if (root !== null) render(<BrokerApp />, root);
